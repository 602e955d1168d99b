// A burst handler in WebAssembly, from AssemblyScript or C (examples/wasm). You will see every packet come back with
// its MAC addresses swapped, at the speed of C. `--data '"c"'` takes the program that was written in C.
//   npx rxburst run examples/07-wasm.ts afxdp:rxb-left afxdp:rxb-right --take-all
import { type BurstHandler, type Context, wasm } from 'rxburst'

export default ({ data }: Context): BurstHandler =>
  wasm(new URL(data === 'c' ? './wasm/macswap.wasm' : './wasm/macswap.as.wasm', import.meta.url))

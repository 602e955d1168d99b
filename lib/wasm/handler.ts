// wasm(): makes a burst handler of a WebAssembly program that works on the columns and packets in place.
import { readFileSync } from 'node:fs'
import { RxburstError } from '../errors.js'
import { layout } from '../layout.gen.js'
import type { WasmImports } from '../web-assembly.js'
import type { Burst } from '../worker/burst.js'
import { madeBy } from '../worker/made-by.js'
import type { BurstHandler } from '../worker/processor.js'
import { runInWasm, stand } from '../worker/stand.js'
import { start, u8 } from '../worker/views.js'
import { EXTERNAL, readWasm, type WasmModule } from './module.js'

/** The options of wasm(). */
export interface WasmOptions {
  /** Name of the exported function. Default 'burst'. */
  function?: string | undefined
  /** More imports of the module, as for WebAssembly.Instance. Default: none. */
  imports?: WasmImports | undefined
}

/**
 * Called with the byte offset of the burst's columns (native/abi/columns.h), how many packets, and the port's index.
 */
type WasmBurst = (columns: number, count: number, port: number) => unknown

const { wasmFirstSlice, wasmSliceBytes } = layout.limits

function refuse(what: string, cause?: unknown): never {
  throw new RxburstError('ERR_WASM', `wasm(): ${what}`, cause === undefined ? undefined : { cause })
}

const STACK_BYTES = 65536
const from = wasmFirstSlice + (start?.id ?? 0) * wasmSliceBytes
const to = from + wasmSliceBytes
// Statics lie from the slice's start upwards, one program after the other; the stack, which is empty between two
// bursts, is everybody's at its end.
let free = from
let fixed = false

/**
 * Finds the program's place in this worker's slice of the memory: two that were linked for the same addresses would
 * overwrite each other. Returns where its statics begin.
 */
function place(module: WasmModule): number {
  const outside = (at: number, end = at) => at < from || end > to
  const hint =
    `this worker's slice is bytes ${from} to ${to}. Link it position-independent (clang --target=wasm32-unknown-emscripten -fPIC, ` +
    `wasm-ld --experimental-pic -shared), or for this slice (wasm-ld --global-base=${from}; asc --memoryBase ${from})`
  if (free === from) u8.fill(0, from, to) // what a program of an earlier run left, its "initialised" flag among it
  for (const segment of module.data)
    if (outside(segment.from, segment.to))
      refuse(
        `the module's static data lies at bytes ${segment.from} to ${segment.to}, where other programs' may lie too; ${hint}`,
      )
  if (module.stackPointer !== undefined && outside(module.stackPointer))
    refuse(
      `the module is linked for other addresses, its stack begins at byte ${module.stackPointer}; ${hint}`,
    )
  if (module.data.length > 0 || module.stackPointer !== undefined) {
    if (fixed || free !== from)
      refuse(
        `a second program of this worker is linked for fixed addresses, and would overwrite the first; ${hint}`,
      )
    fixed = true
    free = to
  }
  const base = (free + 63) & ~63
  const bytes = module.staticBytes ?? 0
  if (bytes > 0 && (fixed || base + bytes > to - STACK_BYTES))
    refuse(`the module wants ${bytes} bytes of statics, more than are left; ${hint}`)
  if (bytes > 0) free = base + bytes
  return base
}

/**
 * What every program can import: the memory, its place, and the numbers of native/abi/layout.h under the module name
 * 'rxburst'.
 */
function importsFor(module: WasmModule, base: number, more: WebAssembly.Imports = {}): WebAssembly.Imports {
  const global = (value: number, mutable = false) => new WebAssembly.Global({ value: 'i32', mutable }, value)
  const env: Record<string, WebAssembly.ImportValue> = {
    memory: (start ?? stand).memory as WebAssembly.Memory,
    __memory_base: global(base),
    __stack_pointer: global(to, true),
    __table_base: global(0),
    abort: () => {
      throw new RxburstError('ERR_WASM', 'the WebAssembly program called abort()')
    },
  }
  if (
    module.imports.some(({ name, kind }) => name === '__indirect_function_table' && kind === EXTERNAL.table)
  )
    env.__indirect_function_table = new WebAssembly.Table({ initial: 64, element: 'anyfunc' })
  const numbers = {
    ...layout.offsets,
    ...layout.verdicts,
    UNSET: layout.unset | 0,
    sliceFrom: from,
    sliceTo: to,
  }
  return { ...more, env: { ...env, ...more.env }, rxburst: numbers }
}

/**
 * Makes a burst handler of a WebAssembly program. The program imports the arena's memory as `env.memory` and exports
 * `burst(columns, count, port)`: the byte offset of the burst's columns (see native/abi/columns.h), how many packets,
 * and the index of their port. It reads and writes packets and columns in place and gives its verdicts there. It can
 * harm packets, nothing else: native code checks each offset, length and verdict as it does those of JavaScript.
 * @param program the binary: its bytes, or the URL of a file
 * @throws ERR_WASM naming the part of the contract that is not kept
 */
export function wasm(program: Uint8Array | ArrayBuffer | URL, options: WasmOptions = {}): BurstHandler {
  if (!start && !stand.active) refuse('it is called in a processor, which runs in a worker')
  const bytes = program instanceof URL ? readFileSync(program) : new Uint8Array(program)
  let compiled: WebAssembly.Module
  try {
    compiled = new WebAssembly.Module(bytes)
  } catch (error) {
    return refuse(`the program can't be compiled: ${(error as Error).message}`, error)
  }
  const module = readWasm(bytes)
  if (
    module.ownMemory ||
    !module.imports.some(
      ({ module: m, name, kind }) => m === 'env' && name === 'memory' && kind === EXTERNAL.memory,
    )
  )
    refuse(
      'the module has to import its memory, shared, as env.memory (wasm-ld --import-memory --shared-memory; asc --importMemory --sharedMemory)',
    )
  const base = place(module)
  let instance: WebAssembly.Instance
  try {
    instance = new WebAssembly.Instance(compiled, importsFor(module, base, options.imports))
  } catch (error) {
    return refuse(
      `the module can't be linked: ${(error as Error).message}. Its memory is shared and at most 65536 pages (wasm-ld --max-memory=4294967296; asc --maximumMemory 65536).`,
      error,
    )
  }
  const name = options.function ?? 'burst'
  const run = instance.exports[name] as WasmBurst | undefined
  if (typeof run !== 'function') {
    const found = Object.keys(instance.exports).join(', ') || 'nothing'
    return refuse(`the module exports ${found}, but no function '${name}'`)
  }
  ;(instance.exports.__wasm_apply_data_relocs as (() => void) | undefined)?.()
  ;(instance.exports._initialize as (() => void) | undefined)?.()
  const handler: BurstHandler = ({ address, count, port }: Burst) => void run(address, count, port)
  return madeBy('wasm', start ? handler : (burst: Burst) => runInWasm(() => handler(burst)))
}

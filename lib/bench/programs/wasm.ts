// MAC swap in WebAssembly: one load, one swizzle and one store of 16 bytes per packet, assembled here so that nobody
// needs a compiler. Binary format: https://webassembly.github.io/spec/core/binary/
import { layout } from '../../native.js'
import { wasm } from '../../wasm/handler.js'
import type { BurstHandler } from '../../worker/processor.js'

const I32 = 0x7f
const PAGES_MAX = 65536
const [COLUMNS, COUNT, PORT, END] = [0, 1, 2, 3] // locals; the first three are the arguments

function leb(value: number): number[] {
  const low = value & 0x7f
  return value > 0x7f ? [low | 0x80, ...leb(value >>> 7)] : [low]
}
const vector = (items: number[][]) => [...leb(items.length), ...items.flat()]
const section = (id: number, items: number[][]) => {
  const body = vector(items)
  return [id, ...leb(body.length), ...body]
}
const name = (text: string) => vector([...Buffer.from(text)].map((byte) => [byte]))

const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const constant = (value: number) => [0x41, ...leb(value)] // values below 64: their sign bit is clear
const ADD = 0x6a
const SHIFT_LEFT = 0x74
const XOR = 0x73
const load = (offset: number) => [0x28, 2, ...leb(offset)]
const store = (offset: number) => [0x36, 2, ...leb(offset)]
// As a constant of a swizzle: of a shuffle V8 would build it anew for every packet.
const SWAP = [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15]

const burst = [
  // columns.all = TX + (port ^ 1)
  ...[...get(COLUMNS), ...get(PORT), ...constant(1), XOR, ...constant(layout.verdicts.TX), ADD],
  ...store(layout.offsets.slotAll),
  ...[...get(COLUMNS), ...get(COUNT), ...constant(2), SHIFT_LEFT, ADD, ...set(END)],
  ...[0x03, 0x40], // loop
  ...[...get(COLUMNS), ...load(layout.offsets.slotOffset), 0x22, PORT], // the port is not needed any more
  ...[...get(PORT), 0xfd, 0, 0, 0], // v128.load
  ...[0xfd, 12, ...SWAP], // v128.const
  ...[0xfd, 14], // i8x16.swizzle
  ...[0xfd, 11, 0, 0], // v128.store
  ...[...get(COLUMNS), ...constant(4), ADD, 0x22, COLUMNS, ...get(END), 0x49, 0x0d, 0], // while (columns < end)
  ...[0x0b, 0x0b],
]
const code = [...vector([[1, I32]]), ...burst]

const program = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [[0x60, ...vector([[I32], [I32], [I32]]), 0]]),
  ...section(2, [[...name('env'), ...name('memory'), 2, 3, 0, ...leb(PAGES_MAX)]]), // shared, with a maximum
  ...section(3, [[0]]),
  ...section(7, [[...name('burst'), 0, 0]]),
  ...section(10, [[...leb(code.length), ...code]]),
])

export default (): BurstHandler => wasm(program)

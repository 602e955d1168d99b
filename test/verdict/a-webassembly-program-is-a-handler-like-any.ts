// wasm(): the programs of examples/wasm swap MAC addresses and give their verdict; what breaks the contract is refused
// by name.
import { existsSync, readFileSync } from 'node:fs'
import { run } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { finish, processor, shared, start, until } from '../fixtures/plane.js'

const built = new URL('../../dist/examples/wasm/', import.meta.url)

// What port 1 sends comes back to it, to the program, which swaps and forwards to port 0; there it is looked at.
const swapped = (program: string) => `
  import { DROP, wasm } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    const handler = wasm(new URL(${JSON.stringify(program)}))
    let sent = 0
    onTurn(() => {
      for (; sent < 100; sent++) {
        const packet = alloc(60)
        packet.set([1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16, 8, 0])
        packet.send(1)
      }
    })
    return (burst) => {
      if (burst.port === 1) return handler(burst)
      for (let i = 0; i < burst.count; i++) {
        const packet = burst.at(i)
        if (packet.u32(0) === 0x0b0c0d0e && packet.u16(4) === 0x0f10 && packet.u32(6) === 0x01020304 && packet.u32(10) === 0x05060800) data[0]++
      }
      burst.setAll(DROP)
    }
  }`

for (const [name, language] of [
  ['macswap.as.wasm', 'AssemblyScript'],
  ['macswap.wasm', 'C'],
]) {
  const file = new URL(name, built)
  t.test(
    language,
    { skip: existsSync(file) ? false : `${name} is built where clang and lld are` },
    async (t) => {
      const data = shared(1)
      const { plane } = await start(t, swapped(file.href), { open: ['loop:a', 'loop:b'], data })
      await until('all came back swapped', () => data[0] === 100)
      const stats = await finish(t, plane)
      t.equal(stats.tx.packets, 200)
    },
  )
}

// Binaries small enough to read: magic and version, then sections of (id, length, content).
const module = (...sections: number[][]) =>
  Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...sections.flatMap(([id, ...rest]) => [id, rest.length, ...rest]),
  ])
const text = (s: string) => [s.length, ...Buffer.from(s)]
const leb = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)])
const importMemory = [2, 1, ...text('env'), ...text('memory'), 2, 3, 1, ...leb(65536)]
const ownMemory = [5, 1, 3, 1, ...leb(65536)]
// A mutable i32 global, as a linker makes for the stack pointer: here at byte 66560, which is nobody's.
const stack = [6, 1, 0x7f, 1, 0x41, 0x80, 0x88, 4, 0x0b]
const data = [11, 1, 0, 0x41, 0x80, 8, 0x0b, 1, 7]

t.test('what breaks the contract is refused, and why', async (t) => {
  const { opened, plane } = await start(t, 'export default () => () => {}')
  await finish(t, plane)
  const refused = async (bytes: Uint8Array, words: RegExp) => {
    const source = `import { wasm } from 'rxburst'\nexport default () => wasm(Uint8Array.from(${JSON.stringify([...bytes])}))`
    await rejectsWith(
      t,
      run(processor(t, source), { workers: [{ queues: opened[0].queues }] }),
      'ERR_WASM',
      words,
    )
  }
  await refused(Uint8Array.of(1, 2, 3), /can't be compiled/)
  await refused(module(ownMemory), /import its memory.*env\.memory/)
  await refused(module(importMemory), /exports nothing, but no function 'burst'/)
  await refused(module(importMemory, stack), /stack begins at byte 66560.*--global-base=1048576/)
  await refused(module(importMemory, data), /static data lies at bytes 1024 to 1025.*this worker's slice/)
  const whole = readFileSync(new URL('macswap.as.wasm', built))
  await refused(whole.subarray(0, whole.length - 3), /can't be compiled/)
})

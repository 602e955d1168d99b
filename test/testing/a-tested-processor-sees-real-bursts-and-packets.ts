// What a handler gets from rxburst/testing are the package's own bursts and packets, and everything it does with them
// counts.
import { readFileSync } from 'node:fs'
import {
  Burst,
  type BurstHandler,
  type Context,
  DROP,
  KEEP,
  OwnedPacket,
  PASS,
  Packet,
  perPacket,
  tx,
  wasm,
} from 'rxburst'
import { load, tester } from 'rxburst/testing'
import t from 'tap'
import { root } from '../fixtures/child.js'

const bytes = (...numbers: number[]) => Uint8Array.from(numbers)

t.test('perPacket: verdicts, and bytes as the handler left them', async (t) => {
  const seen: unknown[] = []
  const tried = tester(() =>
    perPacket((packet) => {
      seen.push([packet.constructor, packet.port, packet.length, packet.u8(9), packet.index])
      packet.u16(0, 0xabcd)
      return packet.u8(2) === 1 ? DROP : packet.u8(2) === 2 ? PASS : tx(packet.port ^ 1)
    }),
  )
  const outcomes = tried.receive([bytes(0, 0, 1), bytes(0, 0, 2), bytes(0, 0, 3)], 1)
  t.same(
    outcomes.map(({ verdict }) => verdict),
    [DROP, PASS, tx(0)],
  )
  t.same(outcomes[2].bytes, bytes(0xab, 0xcd, 3))
  t.same(tried.sent, [{ port: 0, bytes: bytes(0xab, 0xcd, 3) }])
  t.same(
    seen,
    [0, 1, 2].map((i) => [Packet, 1, 3, 0, i]),
    'packets are Packets, and behind their end is zero',
  )
  t.same(tried.receive(bytes(1, 2, 3)), { verdict: tx(1), bytes: bytes(0xab, 0xcd, 3) }, 'one for one')
})

t.test('a burst handler: columns, setAll, resize', async (t) => {
  const tried = tester(
    (): BurstHandler => (burst) => {
      t.ok(burst instanceof Burst)
      t.same(
        [burst.hash[0], burst.vlan[0], burst.timestamp[0], burst.checksum[0], burst.mark[0]],
        [7, 5, 1e9, 3, 9],
      )
      t.equal(burst.vlan[1], 0xffffffff)
      t.equal(burst.count, 2)
      burst.at(0).resize(6, -2)
      burst.at(0).u16(0, 0x1234)
      burst.setAll(tx(0))
    },
  )
  const [first, second] = tried.receive([
    { bytes: bytes(1, 2, 3, 4), hash: 7, vlan: 5, timestamp: 1e9, checksum: 3, mark: 9 },
    bytes(9),
  ])
  t.same(first.bytes, bytes(0x12, 0x34, 1, 2, 3, 4), 'it grew into its headroom')
  t.same(second.bytes, bytes(9))
})

t.test('KEEP, send() and release(), alloc() and onTurn', async (t) => {
  const kept: OwnedPacket[] = []
  const tried = tester(({ alloc, onTurn }: Context) => {
    onTurn(() => {
      const packet = kept.length === 2 ? kept.shift() : undefined
      packet?.send(1)
    })
    return perPacket((packet) => {
      if (packet.u8(0) === 9) {
        const answer = alloc(4)!
        answer.set([1, 2, 3, 4])
        answer.send(packet.port)
        return DROP
      }
      const mine = packet.keep()!
      t.ok(mine instanceof OwnedPacket)
      kept.push(mine)
      return packet.verdict
    })
  })
  t.equal(tried.receive(bytes(5, 5)).verdict, KEEP)
  t.same(tried.sent, [])
  tried.turn()
  tried.receive(bytes(6, 6))
  t.same(tried.clear(), [{ port: 1, bytes: bytes(5, 5) }])
  kept[0].release()
  tried.receive(bytes(9))
  t.same(tried.clear(), [{ port: 0, bytes: bytes(1, 2, 3, 4) }])
  for (let i = 0; i < 2000; i++) tried.receive(bytes(9))
  t.equal(tried.clear().length, 2000, 'frames come back')
})

t.test('alloc() gives null when there is none', async (t) => {
  let got = 0
  const tried = tester(
    ({ alloc }: Context) =>
      perPacket(() => {
        for (let packet = alloc(); packet; packet = alloc()) {
          got++
          packet.release()
        }
        return DROP
      }),
    { fresh: 3 },
  )
  tried.receive(bytes(1))
  t.equal(got, 3)
  tried.receive(bytes(1))
  t.equal(got, 6)
})

t.test('context: data, ports, stop and signal', async (t) => {
  let ends = 0
  const tried = tester(
    ({ data, ports, stop, signal, queues }: Context<{ limit: number }>) => {
      t.same(
        ports.map(({ index, name }) => [index, name]),
        [
          [0, 'left'],
          [1, 'test:1'],
          [2, 'test:2'],
        ],
      )
      t.equal(queues.length, 3)
      signal.addEventListener('abort', () => ends++)
      return perPacket(() => {
        stop()
        return data.limit === 100 ? tx(ports[2]) : DROP
      })
    },
    { data: { limit: 100 }, ports: [{ name: 'left' }, {}, {}] },
  )
  t.equal(tried.receive(bytes(1)).verdict, tx(2))
  t.ok(tried.stopped)
  tried.stop()
  t.equal(ends, 1, 'it hears of the end')
})

t.test('a handler in WebAssembly', async (t) => {
  const program = readFileSync(`${root}examples/wasm/macswap.wasm`)
  const tried = await load(() => wasm(program), { ports: 2 })
  const packet = bytes(1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16, 8, 0, 77)
  const [first, second] = tried.receive([packet, packet])
  t.same(first.bytes, bytes(11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6, 8, 0, 77))
  t.same(second, first)
  t.equal(tried.sent.length, 2)
})

t.test('a module in TypeScript, with an async factory', async (t) => {
  const folder = t.testdir({
    'odd.ts': `import { type Context, DROP, perPacket, tx } from 'rxburst'
      import { limit } from './limit.js'
      export default async ({ data }: Context<number>) => {
        enum Step { One = 1 }
        await Promise.resolve()
        return perPacket((packet) => (packet.length > limit * Step.One * data ? DROP : tx(1)))
      }`,
    'limit.ts': 'export const limit: number = 2',
  })
  const tried = await load(new URL(`file://${folder}/odd.ts`), { data: 2 })
  t.equal(tried.receive(new Uint8Array(4)).verdict, tx(1))
  t.equal(tried.receive(new Uint8Array(5)).verdict, DROP)
})

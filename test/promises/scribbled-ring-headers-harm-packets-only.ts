// packet: lends the kernel's own ring. A program that overwrites the headers there loses packets, never the process.
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from 'rxburst'
import t from 'tap'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { shared, start, until } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()
const BLOCK_BYTES = 16384
const ROUNDS = Number(process.env.ROUNDS ?? 1) // of a hundred thousand words
const SEED = Number(process.env.RXBURST_SEED ?? Date.now() % 1e6)
const LOSSES_MS = 250 // they are read ten times a second

const blast = `
  import { DROP } from 'rxburst'
  export default ({ alloc, onTurn }) => {
    onTurn(() => {
      for (let k = 0; k < 64; k++) alloc(60 + 7 * k)?.send(0)
    })
    return (burst) => burst.setAll(DROP)
  }`

// data: packets seen, words overwritten, 1 while it is to scribble
const scribble = `
  import { DROP } from 'rxburst'
  export default ({ data, u32 }) => {
    let seed = ${SEED}
    const random = (below) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % below
    return (burst) => {
      data[0] += burst.count
      for (let i = 0; i < burst.count && data[2] === 1; i++) {
        // A packet's own header lies just before it, the next one's behind it, the block's own up to a block away.
        const near = (burst.offset[i] >>> 2) + random(64) - 32
        const far = (burst.offset[i] >>> 2) - random(${BLOCK_BYTES / 4})
        const value = [0, 1, 2, 0xffffffff, random(2 ** 32), 48, 0x10000, ${BLOCK_BYTES}][random(8)]
        u32[random(4) ? near : far] = value
        data[1]++
      }
      burst.setAll(DROP)
    }
  }`

t.test(
  'random words over the ring while packets come',
  { skip: !met && 'this machine gives no network namespace' },
  async (t) => {
    const data = shared(3)
    data[2] = 1
    await start(t, blast, { open: [`socket:${ENDS[0]}`] })
    const { plane } = await start(t, scribble, {
      open: [[`packet:${ENDS[1]}`, { blockBytes: BLOCK_BYTES, ringBytes: 32 * BLOCK_BYTES }]],
      data,
    })
    t.comment(`seed ${SEED}`)
    for (let round = 1; round <= ROUNDS; round++)
      await until('a hundred thousand words are overwritten', () => data[1] > round * 100_000)
    // Which of those words a header gets, and is read again, is up to chance.
    await until(
      'headers that can not be are noticed, and counted',
      () => plane.snapshot().lost.rx_bad_header > 0,
    )
    data[2] = 0
    const seen = data[0]
    await until('packets come in again when nobody scribbles', () => data[0] > seen + 10_000)
    const audit = await plane.audit()
    t.ok(audit.ok, audit.workers[0].problem)
    const bad = () => plane.snapshot().lost.rx_bad_header
    await until('what is left of the scribbling wears off', async () => {
      const [before, after] = [bad(), data[0]]
      await until('more packets', () => data[0] > after + 20_000)
      await sleep(LOSSES_MS)
      return bad() === before
    })
    await plane.stop()
    const again = await open(`packet:${ENDS[1]}`).catch((error) => error)
    t.equal(again.code, 'ERR_PORT_OPEN', 'the port is still ours, and the process alive')
  },
)

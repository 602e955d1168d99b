// The column `hash` of an afxdp: port is the driver's: one for all packets of a flow, another for the next flow.
import t from 'tap'
import { frame, opened, record, sendFrames } from '../fixtures/columns.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'

const skip = inNamespaceOfItsOwn() && process.geteuid?.() === 0 ? false : 'network namespaces take root'
const FLOWS = 8
const EACH = 5
const frames = Array.from({ length: FLOWS * EACH }, (_, i) => frame(1000 + (i % FLOWS)))

for (const options of [
  { takeAll: true },
  { steer: ['udp src portrange 1000-1003', 'udp src portrange 1004-1007'], pass: 'arp' },
  { takeAll: true, segments: true },
])
  t.test(JSON.stringify(options), { skip }, async (t) => {
    const port = await opened(t, `afxdp:${ENDS[1]}`, options)
    t.ok(port.capabilities.columns.includes('hash'))
    const run = await record(t, port, ['hash'])

    const check = async (before: number) => {
      sendFrames(ENDS[0], frames)
      const got = (await run.received(before + frames.length)).slice(before)
      const hashes = new Map<string, Set<number>>()
      for (const { bytes, hash } of got) {
        const flow = bytes.slice(68, 72)
        hashes.set(flow, (hashes.get(flow) ?? new Set()).add(hash))
      }
      t.equal(hashes.size, FLOWS)
      t.ok(
        [...hashes.values()].every((set) => set.size === 1 && !set.has(0)),
        'a flow has one hash',
      )
      t.equal(new Set([...hashes.values()].flatMap((set) => [...set])).size, FLOWS, 'and each its own')
    }
    await check(0)
    if (options.steer) {
      await port.steer.set({ steer: 'udp src portrange 1000-1007' })
      await check(frames.length)
    }
    await run.stop()
  })

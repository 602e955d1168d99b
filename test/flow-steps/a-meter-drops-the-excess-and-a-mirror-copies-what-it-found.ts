// meter() lets a rate and a burst through and drops the rest, mirror() copies the packet as the steps before it have
// left it, and peek() shows every n-th packet.
import { DROP, meter, mirror, peek, SHOW, setMac, tx, vlanPush } from 'rxburst'
import t from 'tap'
import { execute, packetOf, randomOf, seedOfRun, withTag } from '../fixtures/flows/actions.js'

const packet = packetOf(randomOf(seedOfRun), { family: 4, layer4: 'tcp', tagged: false })
const copies = (count: number) => Array.from({ length: count }, () => packet)
const OUT = tx(1)
const through = (verdicts: Uint32Array) => verdicts.filter((verdict) => verdict === OUT).length

t.test('packets a second', async (t) => {
  // 2000 packets in 2 s of its clock: 100 a second, and a burst of 10
  const { verdicts, metered } = execute([meter({ pps: 100, burst: 10 }), OUT], copies(2000), {
    stepNs: 1_000_000,
  })
  t.ok(Math.abs(through(verdicts) - 209) <= 1, `${through(verdicts)} of 2000 went through`)
  t.equal(metered, 2000 - through(verdicts), 'the others are counted')
  t.ok(
    [...verdicts.subarray(0, 10)].every((verdict) => verdict === OUT),
    'the burst comes first',
  )
  t.equal(verdicts[10], DROP)
  const slow = execute([meter({ pps: 100, burst: 1 }), OUT], copies(200), { stepNs: 10_000_000 })
  t.equal(through(slow.verdicts), 200, 'what keeps to the rate is not dropped')
})

t.test('bits a second', async (t) => {
  const bps = packet.length * 8 * 500
  const steps = [meter({ bps, burst: packet.length * 4 }), OUT]
  const { verdicts } = execute(steps, copies(2000), { stepNs: 1_000_000 })
  t.ok(Math.abs(through(verdicts) - 1003) <= 2, `${through(verdicts)} of 2000 went through`)
  const small = execute([meter({ bps: 8e9, burst: packet.length - 1 }), OUT], copies(5))
  t.equal(small.metered, 5, 'a frame larger than the burst never fits')
  const tagged = execute([vlanPush(7), meter({ bps: 8, burst: packet.length + 3 }), OUT], copies(1))
  t.equal(tagged.metered, 1, 'the length counts that the packet has there')
})

t.test('a mirror', async (t) => {
  const steps = [mirror(2), vlanPush(7), mirror(3), setMac({ src: 7 }), DROP]
  const { mirrored, mirroredPorts, executed, verdicts } = execute(steps, [packet])
  t.same(mirroredPorts, [2, 3])
  t.same([...mirrored[0]], [...packet], 'as it came')
  t.same([...mirrored[1]], [...withTag(packet, 7)], 'with its tag, and with the old MAC')
  t.equal(verdicts[0], DROP)
  t.not(Buffer.compare(executed[0].packet, mirrored[1]), 0)
  const metered = execute([meter({ pps: 1, burst: 1 }), mirror(2), OUT], copies(3))
  t.equal(metered.mirrored.length, 1, 'a packet that the meter drops goes no further')
})

t.test('peek', async (t) => {
  const { verdicts, executed } = execute([setMac({ src: 7 }), peek(4), OUT], copies(12))
  t.same(
    [...verdicts].map((verdict) => verdict !== OUT),
    Array.from({ length: 12 }, (_, i) => i % 4 === 3),
  )
  t.same([...executed[3].packet], [...packet], 'a packet that is shown is as it was')
  t.equal(
    through(execute([peek(4), OUT], copies(12), { shown: true }).verdicts),
    12,
    'one that was shown goes on',
  )
  t.equal(through(execute([peek(1), OUT], copies(3)).verdicts), 0)
  t.same([...execute([SHOW], copies(2)).verdicts], [128, 128])
})

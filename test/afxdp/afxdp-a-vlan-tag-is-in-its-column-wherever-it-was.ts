// Asked for, an 802.1Q tag is in the column `vlan` and not in the packet, whether the driver had taken it off or the
// packet still had it; tags of other protocols are in the packet always.
import { execFileSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { frame, opened, record, sendFrames } from '../fixtures/columns.js'
import { connect, ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'

const skip = inNamespaceOfItsOwn() && process.geteuid?.() === 0 ? false : 'network namespaces take root'
const NONE = 0xffffffff

/** What is sent, and what has to arrive: the tags left in the packet. */
const cases = [
  { tags: '', left: '', vlan: NONE },
  { tags: '81002007', left: '', vlan: 0x2007 },
  { tags: '81000000', left: '', vlan: 0 },
  { tags: '88a83009', left: '88a83009', vlan: NONE },
  { tags: '88a8300981002007', left: '88a8300981002007', vlan: NONE },
  { tags: '8100200781003009', left: '81003009', vlan: 0x2007 },
]

async function check(t: Test, from: string, to: string, options = {}) {
  const port = await opened(t, `afxdp:${to}`, { takeAll: true, ...options })
  const run = await record(t, port, ['vlan'])
  for (const [i, { tags, left, vlan }] of cases.entries()) {
    sendFrames(from, [frame(1000 + i, { tags })])
    const got = (await run.received(i + 1))[i]
    const length = 100 - (tags.length - left.length) / 2
    const expected = frame(1000 + i, { tags: left, length })
      .toString('hex')
      .slice(0, 128)
    t.match(
      got,
      { vlan, length, bytes: expected },
      `tags ${tags || 'none'}: column ${vlan}, in the packet ${left || 'none'}`,
    )
  }
  await run.stop()
}

t.test('tags in the packet', { skip }, (t) => check(t, ...ENDS))

t.test('tags beside the packet', { skip }, async (t) => {
  // A bridge takes tags out of what it receives and hands them to the next device beside the packet, as NICs do.
  const [near, to] = ['cf2', 'cf3'] as const
  connect(near, to)
  const script = `ip link add wire type bridge mcast_snooping 0 && sysctl -qw net.ipv6.conf.wire.disable_ipv6=1
    sysctl -qw net.bridge.bridge-nf-call-iptables=0 2> /dev/null # not every kernel has it
    ip link set wire up && ip link set ${ENDS[1]} master wire && ip link set ${near} master wire`
  execFileSync('sh', ['-c', script], { stdio: 'inherit' })
  await t.test('one frame a packet', (t) => check(t, ENDS[0], to))
  await t.test('several', (t) => check(t, ENDS[0], to, { segments: true }))
})

// The kernel takes the outer VLAN tag off before a packet socket's filter runs, and the port puts it back: a rule means
// the packet as it was on the wire.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { Random, randomExpression, randomPacket } from '../fixtures/filters/filters.js'
import { answersThatLeave } from '../fixtures/filters/fragments.js'
import { noLab } from '../fixtures/lab.js'
import { finish, start, until } from '../fixtures/plane.js'

const PACKETS = 120
const SHORTEST = 60
const RANDOM = 40
const DONE = Buffer.alloc(SHORTEST, 0xdd) // the last packet of each round; every rule is joined with one that takes it
const DONE_RULE = 'ether proto 0xdddd'

const named = [
  'vlan',
  'not vlan',
  'vlan 1',
  'vlan 2 and udp',
  'udp',
  'tcp or arp',
  'vlan and vlan',
  'vlan 1 and (ip or ip6)',
  'ether[12:2] = 0x8100',
  'ether[12] = 0x81',
  'ether[12:4] & 0xffff0fff = 0x81000001',
  'ether[14:2] & 0xfff = 3',
  'ether[13:2] = 0',
  'ether[15:2] & 0xff > 7',
  'ether[10:4] = 0x00028100',
  'ether[16:2] = 0x800',
  'len > 70',
  'not (ether[64] = 1)',
]

/** Sends frames out of an interface by a raw socket, tags inside as they are. */
function send(name: string, frames: readonly Uint8Array[]) {
  const script = `import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for line in sys.stdin: s.send(bytes.fromhex(line))`
  execFileSync('python3', ['-c', script, name], {
    input: frames.map((frame) => Buffer.from(frame).toString('hex')).join('\n'),
  })
}

const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 32)

for (const backend of ['packet', 'socket'])
  t.test(`${backend}, seed ${seed}`, { skip: noLab, timeout: 250_000 }, async (t) => {
    const from = `rxv${(process.pid % 1e5).toString(36)}`
    const to = `${from}b`
    execFileSync('sh', [
      '-c',
      `ip link add ${from} type veth peer name ${to} && sysctl -qw net.ipv6.conf.${from}.disable_ipv6=1 net.ipv6.conf.${to}.disable_ipv6=1 && ip link set ${from} up && ip link set ${to} up`,
    ])
    t.teardown(() => execFileSync('ip', ['link', 'del', from]))
    const r = new Random(seed)
    const frames = Array.from({ length: PACKETS }, () => randomPacket(r, SHORTEST))
    const { plane, opened } = await start(
      t,
      `import { DROP } from 'rxburst'; export default () => (burst) => burst.setAll(DROP)`,
      {
        open: [[`${backend}:${to}`, { steer: DONE_RULE, queues: [0] }]],
        idle: 'adaptive',
      },
    )
    const [port] = opened
    const received = () => plane.snapshot().rx.packets

    const rules = [...named]
    while (rules.length < named.length + RANDOM) {
      const expression = randomExpression(r)
      try {
        native.rules.compile(expression)
        rules.push(expression)
      } catch {
        // libpcap refuses it
      }
    }
    let tried = 0
    for (const expression of rules) {
      try {
        await port.steer.set({ steer: [expression, DONE_RULE] })
      } catch (error) {
        t.match(
          error,
          { code: 'ERR_STEER', message: /may lie in front of byte 16|too/ },
          `refused: ${expression}`,
        )
        continue
      }
      const expected = answersThatLeave([expression, DONE_RULE], frames).filter(Boolean).length
      const before = received()
      send(from, [...frames, DONE])
      await until('the packets are through', () => received() >= before + expected + 1).catch(() => {})
      t.equal(received() - before - 1, expected, expression)
      tried++
    }
    t.ok(tried > named.length, `${tried} rules tried`)
    await finish(t, plane)
  })

// The column `checksum` tells what the kernel on the other end of a veth has left to a device, and what it has
// computed; the example in docs/columns.md completes such packets, so that another kernel takes them.
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { open, run } from 'rxburst'
import t, { type Test } from 'tap'
import { type LabState, onHost } from '../../dist/lib/lab/lab.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { finish, processor, shared, start, until } from '../fixtures/plane.js'

const ADDRESS = { 4: ['10.77.0.1', '10.77.0.2'], 6: ['fd77::1', 'fd77::2'] } as const
const LENGTHS = [0, 1, 2, 3, 100, 1001]

/** Gives both hosts IPv6 and each other's MAC, so that the wire carries nothing but what the test sends. */
function prepare(lab: LabState) {
  lab.hosts.forEach(({ namespace }, i) => {
    const other = lab.hosts[1 - i]
    execFileSync('sh', [
      '-c',
      `ip netns exec ${namespace} sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0 net.ipv6.conf.eth0.router_solicitations=0 &&
       ip -n ${namespace} address add ${ADDRESS[6][i]}/64 dev eth0 nodad &&
       ip -n ${namespace} neighbour replace ${ADDRESS[4][1 - i]} lladdr ${other.mac} dev eth0 nud permanent &&
       ip -n ${namespace} neighbour replace ${ADDRESS[6][1 - i]} lladdr ${other.mac} dev eth0 nud permanent`,
    ])
  })
}

const offload = (lab: LabState, on: boolean) => {
  const [program, ...rest] = onHost('left', ['ethtool', '-K', 'eth0', 'tx', on ? 'on' : 'off'], lab.lab)
  execFileSync(program, rest)
}

/**
 * Datagrams of each length and a SYN, over both families, from the kernel of the host on the left to port 4321 on the
 * right.
 */
function send(lab: LabState) {
  const script = `import socket
for family, to in ((socket.AF_INET, '${ADDRESS[4][1]}'), (socket.AF_INET6, '${ADDRESS[6][1]}')):
  s = socket.socket(family, socket.SOCK_DGRAM)
  for n in ${JSON.stringify(LENGTHS)}: s.sendto(b'x' * n, (to, 4321))
  s = socket.socket(family, socket.SOCK_STREAM)
  s.setblocking(False)
  try: s.connect((to, 4321))
  except BlockingIOError: pass`
  const [program, ...rest] = onHost('left', ['python3', '-c', script], lab.lab)
  execFileSync(program, rest)
}

/** Raw frames from the host on the left, as they are. */
function sendFrames(lab: LabState, frames: readonly Uint8Array[]) {
  const script = `import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('eth0', 0))
for line in sys.stdin: s.send(bytes.fromhex(line))`
  const [program, ...rest] = onHost('left', ['python3', '-c', script], lab.lab)
  execFileSync(program, rest, { input: frames.map((each) => Buffer.from(each).toString('hex')).join('\n') })
}

// Packets to port 4321 by family, protocol and what the column says; the frames of test packets by their number in the
// MAC address.
const counter = `import { DROP } from 'rxburst'
export default ({ data, u8 }) => (burst) => {
  for (let i = 0; i < burst.count; i++) {
    const at = burst.offset[i]
    const [four, marked] = [u8[at + 12] === 8, u8[at + 6] === 0xa2]
    if (marked) {
      Atomics.store(data, 16 + u8[at + 11], burst.checksum[i])
      Atomics.add(data, 200, 1)
      continue
    }
    const port = (u8[at + (four ? 36 : 56)] << 8) | u8[at + (four ? 37 : 57)]
    const protocol = u8[at + (four ? 23 : 20)]
    if (port === 4321 && (protocol === 6 || protocol === 17))
      Atomics.add(data, (four ? 0 : 8) + (protocol === 6 ? 4 : 0) + burst.checksum[i], 1)
  }
  burst.setAll(DROP)
}`

const fold = (bytes: Uint8Array, sum = 0) => {
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum
}

interface Shape {
  six?: boolean
  protocol?: number
  /** What the field becomes: the right one, that plus one, the pseudo-header's sum, zero. */
  field?: 'right' | 'wrong' | 'partial' | 'zero'
  tags?: string
  fragment?: number
  /** Bytes of an extension header in front. */
  extension?: string
  payload?: number
  /** Bytes behind the IP packet. */
  padding?: number
  cut?: number
}

/** A frame of that shape, whose source MAC ends in `number`. */
function frameOf(number: number, shape: Shape): Uint8Array {
  const { six, protocol = 17, field = 'right', tags = '', fragment = 0, payload = 33, padding = 0 } = shape
  const extension = Buffer.from(shape.extension ?? '', 'hex')
  const header = protocol === 6 ? 20 : 8
  const segment = Buffer.alloc(header + payload, 0x5a)
  segment.fill(0, 0, header)
  segment.writeUInt16BE(4321, 2)
  if (protocol === 6) segment[12] = 0x50
  else segment.writeUInt16BE(segment.length, 4)
  const addresses = Buffer.from(six ? ADDRESS6_BYTES : '0a4d00010a4d0002', 'hex')
  const pseudo = fold(addresses) + protocol + segment.length
  const right = ~fold(segment, pseudo) & 0xffff || 0xffff
  const values = { right, wrong: right ^ 0x101, partial: fold(new Uint8Array(0), pseudo), zero: 0 }
  segment.writeUInt16BE(values[field], protocol === 6 ? 16 : 6)
  const ip = six
    ? Buffer.concat([Buffer.from('6000000000000040', 'hex'), addresses])
    : Buffer.concat([Buffer.from('450000000001000040000000', 'hex'), addresses])
  if (six) {
    ip.writeUInt16BE(extension.length + segment.length, 4)
    ip[6] = extension.length ? 0 : protocol
  } else {
    ip.writeUInt16BE(20 + segment.length, 2)
    ip.writeUInt16BE(fragment, 6)
    ip[9] = protocol
  }
  const macs = Buffer.from(`027278620002a272786200${number.toString(16).padStart(2, '0')}`, 'hex')
  const type = Buffer.from(six ? '86dd' : '0800', 'hex')
  const whole = Buffer.concat([
    macs,
    Buffer.from(tags, 'hex'),
    type,
    ip,
    extension,
    segment,
    Buffer.alloc(padding, 0xff),
  ])
  return whole.subarray(0, whole.length - (shape.cut ?? 0))
}
const ADDRESS6_BYTES = `fd77${'0'.repeat(27)}1fd77${'0'.repeat(27)}2`

const shapes: [what: string, shape: Shape, says: number][] = [
  ...[false, true].flatMap((six) =>
    [6, 17].flatMap((protocol): [string, Shape, number][] => {
      const name = `${protocol === 6 ? 'TCP' : 'UDP'} over IPv${six ? 6 : 4}`
      return [
        [`${name}: good`, { six, protocol }, 1],
        [`${name}: good, an even length`, { six, protocol, payload: 40 }, 1],
        [`${name}: bad`, { six, protocol, field: 'wrong' }, 2],
        [`${name}: never computed`, { six, protocol, field: 'partial' }, 3],
        [`${name}: bytes behind the packet don't count`, { six, protocol, padding: 5 }, 1],
        [`${name}: behind a VLAN tag`, { six, protocol, tags: '81000005' }, 1],
        [`${name}: behind two`, { six, protocol, tags: '88a8000581000006', field: 'wrong' }, 2],
        [`${name}: shorter than its header says`, { six, protocol, cut: 3 }, 0],
      ]
    }),
  ),
  ['UDP with a field of zero', { field: 'zero' }, 0],
  ['TCP with a field of zero', { protocol: 6, field: 'zero' }, 2],
  ['a first fragment', { fragment: 0x2000 }, 0],
  ['a later fragment', { fragment: 0x0001 }, 0],
  ['one that must not be fragmented', { fragment: 0x4000 }, 1],
  ['neither TCP nor UDP', { protocol: 47 }, 0],
  ['behind an IPv6 extension header', { six: true, extension: '1100010400000000' }, 1],
  ['bad behind an IPv6 extension header', { six: true, extension: '1100010400000000', field: 'wrong' }, 2],
  ['an IPv6 fragment', { six: true, extension: '2c00010400000000' }, 0],
]

t.test('the column', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  prepare(lab)
  const port = await open(`afxdp:${lab.hosts[0].near}`, { takeAll: true })
  t.teardown(() => port.close())
  t.ok(port.capabilities.columns.includes('checksum'))
  const data = shared(256)
  const plane = await run(processor(t, counter), {
    workers: [{ queues: port.queues, data }],
    columns: ['checksum'],
  })
  t.teardown(() => plane.stop())
  const expected = (state: number) =>
    [0, 1].flatMap(() => [LENGTHS.length, 1].flatMap((n) => Object.assign([0, 0, 0, 0], { [state]: n })))
  for (const [on, state, words] of [
    [true, 3, 'left to the device'],
    [false, 1, 'computed'],
  ] as const)
    await t.test(`of a kernel's packets, ${words}`, async (t) => {
      offload(lab, on)
      data.fill(0)
      send(lab)
      await until(
        'all have come',
        () => data.subarray(0, 16).reduce((a, b) => a + b) >= 2 * (LENGTHS.length + 1),
      )
      t.same(
        [...data.subarray(0, 16)],
        expected(state),
        'IPv4 UDP, TCP, IPv6 UDP, TCP: none, good, bad, never computed',
      )
    })
  await t.test('of packets of every shape', async (t) => {
    data.fill(-1)
    data[200] = 0
    sendFrames(
      lab,
      shapes.map(([, shape], number) => frameOf(number, shape)),
    )
    await until('all have come', () => data[200] === shapes.length)
    shapes.forEach(([what, , says], number) => {
      t.equal(data[16 + number], says, what)
    })
  })
  await finish(t, plane)
})

/** How many datagrams a process on the right has received. */
async function listen(t: Test, lab: LabState, address: string) {
  const script = `import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 4321))
print('bound', flush=True)
while True: print(len(s.recv(2000)), flush=True)`
  const [program, ...rest] = onHost('right', ['python3', '-c', script, address], lab.lab)
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
  })
  await until('the listener is bound', () => said.startsWith('bound\n'))
  return () => said.split('\n').slice(1, -1).map(Number)
}

t.test('the example completes them', { skip: noLab }, async (t) => {
  const page = readFileSync(new URL('../../docs/columns.md', import.meta.url), 'utf8')
  const [, example] = /```ts\n(\/\/ complete\.ts[\s\S]*?)```/.exec(page)!
  const lab = testLab(t)
  prepare(lab)
  offload(lab, true)
  const received = [await listen(t, lab, ADDRESS[4][1]), await listen(t, lab, ADDRESS[6][1])]
  const { plane } = await start(t, processor(t, example, 'ts'), {
    open: lab.hosts.map(({ near }) => [`afxdp:${near}`, { takeAll: true }]),
    columns: ['checksum'],
  })
  send(lab)
  await until('another kernel takes all', () => received.every((each) => each().length >= LENGTHS.length))
  for (const each of received) t.same(each(), LENGTHS)
  await finish(t, plane)
})

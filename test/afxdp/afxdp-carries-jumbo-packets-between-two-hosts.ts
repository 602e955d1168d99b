// Two hosts whose cables have an MTU of 9000, joined by examples/02 with --segments: ping and TCP in packets of 9000
// bytes.
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open, run } from 'rxburst'
import t, { type Test } from 'tap'
import type { LabState } from '../../dist/lib/lab/lab.js'
import { bin, ended, root, rxburst, start } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'
import { finish, shared, start as startPlane, until } from '../fixtures/plane.js'
import { on, ping, sh } from '../fixtures/traffic/hosts.js'

const MTU = 9000
const PINGS = 20
const MEGABYTES = 20
const PORT = '5201'
const ECHO = '8900' // with its headers 8942 bytes: six frames

async function jumboLab(t: Test): Promise<LabState> {
  const lab = testLab(t)
  for (const { near } of lab.hosts) await sh(`ip link set ${near} mtu ${MTU}`)
  for (const side of ['left', 'right'] as const) {
    const [program, args] = on(lab, side, [
      'sh',
      '-c',
      `for i in /sys/class/net/e*; do ip link set \${i##*/} mtu ${MTU}; done`,
    ])
    const { code, stderr } = await ended(t, program, args)
    if (code !== 0) throw new Error(stderr)
  }
  return lab
}

t.test('l2fwd --segments', { skip: noLab }, async (t) => {
  const lab = await jumboLab(t)
  const ports = lab.hosts.map(({ near }) => `afxdp:${near}`)

  const refused = await rxburst(t, 'l2fwd', ...ports, '--take-all')
  t.not(refused.code, 0)
  t.match(
    refused.stderr,
    /MTU of 9000.*--segments/,
    'without the option the MTU is refused, and the option named',
  )

  const forwarder = start(t, process.execPath, [bin, 'l2fwd', ...ports, '--take-all', '--segments', '--json'])
  await forwarder.says('ready')

  const flags = ['-M', 'do', '-s', ECHO]
  t.equal(await ping(t, lab, PINGS, '10.77.0.2', { flags }), PINGS, `ping -M do -s ${ECHO}`)

  const bytes = randomBytes(MEGABYTES << 20)
  const file = join(t.testdir({}), 'bytes')
  writeFileSync(file, bytes)
  const server = start(
    t,
    ...on(lab, 'right', [
      process.execPath,
      `${root}test/fixtures/programs/hash-server.mjs`,
      '10.77.0.2',
      PORT,
    ]),
  )
  await server.says('listening')
  const client = await ended(
    t,
    ...on(lab, 'left', ['bash', '-c', `cat ${file} > /dev/tcp/10.77.0.2/${PORT}`]),
  )
  t.equal(client.code, 0, client.stderr)
  t.equal(
    (await server.ended).stdout,
    `${createHash('sha256').update(bytes).digest('hex')} ${bytes.length}\n`,
    `${MEGABYTES} MiB by TCP, whole`,
  )

  forwarder.process.kill('SIGTERM')
  const { code, stdout: line } = await forwarder.ended
  t.equal(code, 0)
  const s = JSON.parse(line)
  t.equal(s.rx + s.fresh, s.tx + s.dropped + s.passed + s.rejected + s.kept)
  t.equal(s.copied, 0)
  t.ok(s.rx_bytes > bytes.length + 2 * PINGS * Number(ECHO))
  t.ok(
    s.rx_bytes / s.rx > 3000,
    `packets of ${Math.round(s.rx_bytes / s.rx)} bytes on average: segments are not packets`,
  )
})

t.test('filters see the whole packet', { skip: noLab }, async (t) => {
  const { near, far, pings } = pair(t)
  await sh(`ip link set ${near} mtu ${MTU}`)
  far('ip', 'link', 'set', 'eth0', 'mtu', String(MTU))
  const echo = (size: number, pattern: string, ...more: string[]) =>
    pings(5, '-s', String(size), '-p', pattern, ...more)
  // ip[6000] lies behind the part of the packet that XDP programs see without help.
  const { plane, opened } = await startPlane(
    t,
    `import { DROP, perPacket } from 'rxburst'
     export default () => perPacket((packet) => DROP)`,
    {
      open: [
        [`afxdp:${near}`, { steer: ['icmp and ip[6000] = 0x5a', 'icmp and len = 5042'], segments: true }],
      ],
    },
  )
  const counts = () => opened[0].steer.rules.map(({ counters }) => [counters.packets, counters.bytes])
  t.equal(echo(8900, 'a5'), 5, 'what no rule takes stays with the kernel')
  t.equal(echo(64, '5a'), 5, 'a short packet has no such byte')
  t.equal(echo(4999, 'a5'), 5)
  t.same(counts(), [
    [0, 0],
    [0, 0],
  ])
  t.equal(echo(8900, '5a', '-W', '0.2'), 0, 'what a rule takes is not answered')
  t.equal(echo(5000, '5a', '-W', '0.2'), 0)
  await until('all of them have come', () => plane.snapshot().rx.packets === 10)
  t.same(counts(), [
    [5, 5 * 8942],
    [5, 5 * 5042],
  ])
  t.equal((await finish(t, plane)).rx.bytes, 5 * (8942 + 5042))
})

t.test('generic XDP', { skip: noLab }, async (t) => {
  const lab = await jumboLab(t)
  const options = { takeAll: true, segments: true, xdp: 'generic' } as const
  const ports = [
    await open(`afxdp:${lab.hosts[0].near}`, options),
    await open(`afxdp:${lab.hosts[1].near}`, options),
  ]
  t.teardown(() => Promise.all(ports.map((port) => port.close())))
  const plane = await run(new URL('../../dist/examples/02-l2fwd.js', import.meta.url), {
    workers: [{ queues: ports.flatMap((port) => port.queues) }],
    ports,
  })
  t.teardown(() => plane.stop())
  t.equal(ports[0].capabilities.xdp, 'generic')
  t.equal(await ping(t, lab, 5, '10.77.0.2', { flags: ['-M', 'do', '-s', ECHO] }), 5)
  await finish(t, plane)
})

t.test(
  'a packet of more segments than are taken is counted, and the next ones arrive',
  { skip: noLab },
  async (t) => {
    const { near, nearAddress, far } = pair(t)
    const setMtu = async (mtu: number) => {
      await sh(`ip link set ${near} mtu ${mtu}`)
      far('ip', 'link', 'set', 'eth0', 'mtu', String(mtu))
    }
    await setMtu(MTU)
    const seen = shared(1)
    const { plane, opened } = await startPlane(
      t,
      `import { DROP, perPacket } from 'rxburst'
     export default ({ data }) => perPacket((packet) => {
       if (packet.totalLength === 8042 && packet.copy().length === 8042) data[0]++
       return DROP
     })`,
      { open: [[`afxdp:${near}`, { takeAll: true, segments: true }]], data: seen },
    )
    t.equal(opened[0].capabilities.pass, false, 'what may have several segments can not be passed')
    await setMtu(30_000)
    const mac = Buffer.from(opened[0].mac!)
      .toString('hex')
      .replace(/..(?!$)/g, '$&:')
    far('ip', 'neigh', 'replace', nearAddress, 'lladdr', mac, 'dev', 'eth0', 'nud', 'permanent')
    const echo = (size: number) =>
      t.throws(() => far('ping', '-c', '3', '-i', '0.02', '-s', String(size), '-W', '0.2', nearAddress))
    echo(29_000) // 17 frames
    echo(8_000)
    await until('those that fit arrive', () => seen[0] === 3)
    await until('the others are counted', () => plane.snapshot().lost.rx_chained === 3)
    await finish(t, plane)
  },
)

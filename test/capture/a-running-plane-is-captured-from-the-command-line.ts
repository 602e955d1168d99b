// `rxburst capture NAME`: the packets of a data plane in another process, as a file, as lines and as objects.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openCapture } from '../../dist/lib/pcap/reader.js'
import { carousel } from '../fixtures/capture/carousel.js'
import { output, tshark } from '../fixtures/captures.js'
import { bin, rxburst, start } from '../fixtures/child.js'
import { controlFolder } from '../fixtures/control.js'
import { until } from '../fixtures/plane.js'

const folder = t.testdir({})
let named = 0

async function plane(t: Parameters<typeof controlFolder>[0]) {
  controlFolder(t)
  const name = `fw${++named}`
  return { name, running: await carousel(t, { bytes: 70, name }) }
}

t.test('into a file', async (t) => {
  const { name } = await plane(t)
  const file = join(folder, 'some.pcapng')
  const { code, stdout, stderr } = await rxburst(
    t,
    'capture',
    name,
    '-w',
    file,
    '-c',
    '500',
    '--snaplen',
    '40',
    '--json',
  )
  t.equal(code, 0, stderr)
  const counts = JSON.parse(stdout)
  t.equal(counts.written, 500, '-c counts what was written, over all points')
  t.equal(counts.points.entry.written + counts.points.exit.written, 500)
  const rows = tshark(file, 'frame.packet_flags_direction', 'frame.verdict.ebpf_xdp', 'frame.cap_len')
  t.equal(rows.length, 500)
  t.ok(
    rows.every(
      ([direction, xdp, length]) => (direction === '0x00000001') === (xdp === '') && length === '40',
    ),
  )
})

t.test('lines and objects', async (t) => {
  const { name } = await plane(t)
  const lines = await rxburst(t, 'capture', name, '-c', '6', '--points', 'exit', '-e', '-tttt', '-A')
  t.equal(lines.code, 0, lines.stderr)
  t.equal(
    lines.stdout.match(/^\d{4}-\d\d-\d\d [\d:.]+ .*length 70.* \(exit: (drop|tx\(0\))(, owned)?\)$/gm)
      ?.length,
    6,
  )
  t.match(
    lines.stderr,
    /^6 packets captured\n\d+ packets received by filter\n\d+ packets dropped by the tap$/m,
  )
  const objects = await rxburst(t, 'capture', name, '-c', '20', '--filter', 'ether[17] & 1 = 1', '--json')
  const all = objects.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.equal(all.length, 20)
  t.ok(all.every((each) => (each.point === 'exit') === 'frame.comment' in each))
  t.ok(all.some((each) => each['frame.verdict.ebpf_xdp'] === 3))
})

t.test('Ctrl-C finishes the file', async (t) => {
  const { name, running } = await plane(t)
  const file = join(folder, 'interrupted.pcapng.gz')
  const child = start(t, process.execPath, [bin, 'capture', name, '-w', file, '--sample', '1000'])
  await until('the file has bytes', () => existsSync(file) && readFileSync(file).length > 100)
  child.process.kill('SIGINT')
  const { code, stderr } = await child.ended
  t.equal(code, 0, stderr)
  let packets = 0
  let delivered: bigint | undefined
  for await (const packet of openCapture(file)) {
    packets++
    delivered = packet.interface.statistics?.delivered ?? delivered
  }
  t.match(stderr, new RegExp(`^${packets} packets captured$`, 'm'))
  output('tshark', ['-r', file, '-c', '1'])
  const { rx } = running.snapshot()
  await until('the plane goes on', () => running.snapshot().rx.packets > rx.packets)
})

t.test('a ring of files', async (t) => {
  const { name } = await plane(t)
  const inside = join(folder, 'ring')
  mkdirSync(inside)
  const flags = ['--rotate', '100k', '--files', '2', '-c', '60000']
  const { code, stderr } = await rxburst(t, 'capture', name, '-w', join(inside, 'part.pcap'), ...flags)
  t.equal(code, 0, stderr)
  const files = readdirSync(inside).sort()
  t.equal(files.length, 2, files.join(' '))
  t.match(files[0], /^part_\d{5}\.pcap$/)
  for (const file of files) output('capinfos', [join(inside, file)])
})

t.test('kill -9 of the reader, and the end of the plane', async (t) => {
  const { name, running } = await plane(t)
  for (let i = 0; i < 6; i++) {
    const child = start(t, process.execPath, [bin, 'capture', name, '-w', '/dev/null'])
    await sleep(300 + 100 * i)
    child.process.kill('SIGKILL')
    await child.ended
  }
  // Four captures are the most there can be: those of dead readers have ended.
  const file = join(folder, 'ended.pcapng')
  const child = start(t, process.execPath, [bin, 'capture', name, '-w', file, '--sample', '100'])
  await until('the file has bytes', () => existsSync(file) && readFileSync(file).length > 10_000)
  t.ok((await running.audit()).ok, 'the plane is unharmed')
  await running.stop()
  const { code, stderr } = await child.ended
  t.equal(code, 0, stderr)
  const written = Number(/^(\d+) packets captured$/m.exec(stderr)?.[1])
  t.match(
    output('capinfos', ['-c', '-M', file]),
    new RegExp(`Number of packets: +${written}`),
    'the file is whole',
  )
})

t.test('what is wrong is said before anything is touched', async (t) => {
  const { name } = await plane(t)
  const file = join(folder, 'never.pcapng')
  const none = join(folder, 'no-such-folder', 'a.pcapng')
  for (const [words, code] of [
    [['nobody', '-w', file], 'ERR_NO_PLANE'],
    [['999999', '-w', file], 'ERR_NO_PLANE'],
    [[name, '-w', none], 'ERR_BAD_ARGUMENT'],
    [[name, '-w', folder], 'ERR_BAD_ARGUMENT'],
    [[name, '-w', file, '--filter', 'udp porf 53'], 'ERR_STEER'],
    [[name, '-w', file, '-c', '0'], 'ERR_BAD_OPTION'],
    [[name, '-w', file, '--points', 'middle'], 'ERR_BAD_OPTION'],
    [[name, '-w', '-', '--rotate', '1MB'], 'ERR_BAD_OPTION'],
    [[name, '-w', file, '--files', '2'], 'ERR_BAD_OPTION'],
    [[name, '-w', file, '--take-all'], 'ERR_BAD_OPTION'],
    [['loop:x', '-w', file, '-c', '0'], 'ERR_BAD_OPTION'],
    [['loop:x', '-w', file, '--filter', 'udp porf 53'], 'ERR_STEER'],
  ] as const) {
    const { code: exit, stderr } = await rxburst(t, 'capture', ...words)
    t.equal(exit, 1, words.join(' '))
    t.match(stderr, `[${code}]`)
    t.notOk(existsSync(file), 'no file was made')
  }
})

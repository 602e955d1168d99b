// Notes of packets, interfaces and counts in a pcapng file, as tshark, capinfos, editcap and scapy read them.
import { spawnSync } from 'node:child_process'
import { readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createCaptureFile } from '../../dist/lib/pcap/file.js'
import type { CaptureInterface } from '../../dist/lib/pcap/packet.js'
import { openCapture } from '../../dist/lib/pcap/reader.js'
import { CaptureWriter, type PacketToWrite } from '../../dist/lib/pcap/writer.js'
import { output, tshark } from '../fixtures/captures.js'

const folder = t.testdir({})
const START = 1_700_000_000_123_456_789n
const frame = Uint8Array.from(
  Buffer.from('02000000000102000000000208004500001c000100004011f96bc0000201c0000202003500350008d5c5', 'hex'),
)

const interfaces: CaptureInterface[] = [0, 1].map((queue) => ({
  linkType: 1,
  snapLength: 96,
  name: `afxdp:eth0 queue ${queue}`,
  description: 'a port of a test',
  mac: Uint8Array.of(2, 0, 0, 0, 0, queue),
  speed: 10_000_000_000n,
  filter: 'udp port 53',
  os: 'Linux 6.18',
}))
// The last one has a hash whose first bit is set, and a number above 32 bits.
const notes: Omit<PacketToWrite, 'bytes' | 'time'>[] = [
  { direction: 'in', queue: 0, id: 1n },
  { direction: 'out', queue: 1, id: 1n, xdpAction: 1, comments: ['drop'], interface: 1 },
  { direction: 'out', queue: 0, id: 2n, xdpAction: 2, comments: ['pass', 'two'], drops: 7n },
  { direction: 'out', queue: 0, id: 3n, xdpAction: 3, comments: ['tx(0)'], hash: 0x12345678 },
  { direction: 'out', queue: 0, id: 1n << 40n, xdpAction: 4, comments: ['tx(1)'], hash: 0xfedcba98 },
  {},
]

async function write(name: string): Promise<string> {
  const file = join(folder, name)
  const writer = new CaptureWriter(createCaptureFile(file), {
    format: 'pcapng',
    interfaces,
    section: {
      hardware: 'a machine',
      os: 'Linux 6.18',
      application: 'rxburst test',
      comments: ['a remark'],
    },
  })
  for (const [i, these] of notes.entries())
    await writer.write({ bytes: frame.subarray(0, 36 + i), length: 42, time: START + BigInt(i), ...these })
  const counts = { start: START, end: START + 9n, received: 20n, dropped: 7n, accepted: 12n, delivered: 5n }
  await writer.statistics(0, START + 9n, counts)
  await writer.end()
  return file
}

/** Runs a program that must not say a word on stderr. */
function quiet(program: string, args: string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  // tshark warns of nothing but the user that it runs as.
  const said = stderr.replace(/Running as user "root".*\n/g, '')
  t.equal(said, '', `${program} warns of nothing`)
  t.equal(status, 0, program)
  return stdout
}

t.test('tshark has every note', async (t) => {
  const file = await write('notes.pcapng')
  const fields = ['frame.packet_flags_direction', 'frame.packet_id', 'frame.interface_queue']
  const rows = tshark(
    file,
    ...fields,
    'frame.verdict.ebpf_xdp',
    'frame.comment',
    'frame.drop_count',
    'frame.len',
  )
  t.same(rows.slice(0, 5), [
    ['0x00000001', '1', '0', '', '', '', '42'],
    ['0x00000002', '1', '1', '1', 'drop', '', '42'],
    ['0x00000002', '2', '0', '2', 'pass,two', '7', '42'],
    ['0x00000002', '3', '0', '3', 'tx(0)', '', '42'],
    ['0x00000002', '1099511627776', '0', '4', 'tx(1)', '', '42'],
  ])
  t.same(
    tshark(file, 'frame.interface_name', 'frame.time_epoch')[1],
    ['afxdp:eth0 queue 1', '1700000000.123456790'],
    'and the interface',
  )
  t.match(quiet('tshark', ['-n', '-r', file, '-Y', 'frame.verdict.ebpf_xdp == 1']), /^ +2 /)
})

t.test('capinfos has the section, the interfaces and the counts', async (t) => {
  const said = quiet('capinfos', [await write('infos.pcapng')])
  for (const wanted of [
    /Capture hardware: +a machine/,
    /Capture oper-sys: +Linux 6\.18/,
    /Capture application: +rxburst test/,
    /Capture comment: +a remark/,
    /Name = afxdp:eth0 queue 1/,
    /Speed = 10000000000/,
    /Time resolution = 0x09/,
    /Filter string = udp port 53/,
    /Operating system = Linux 6\.18/,
    /Number of stat entries = 1/,
  ])
    t.match(said, wanted)
})

t.test('editcap and scapy read it, and we read what editcap wrote', async (t) => {
  const file = await write('again.pcapng')
  const copy = join(folder, 'copy.pcapng')
  quiet('editcap', ['-F', 'pcapng', file, copy])
  const program = 'import sys\nfrom scapy.utils import rdpcap\nprint(len(rdpcap(sys.argv[1])))'
  t.equal(output('/usr/bin/python3', ['-W', 'error', '-', file], program).trim(), '6', 'scapy')
  const read = async (name: string) => {
    const found = []
    for await (const packet of openCapture(name)) found.push(packet)
    return found
  }
  const found = await read(file)
  const { comments, ...rest } = found[2].notes ?? {}
  t.same(rest, { direction: 'out', queue: 0, id: 2n, xdpAction: 2, drops: 7n })
  t.same(comments, ['pass', 'two'])
  t.equal(found[4].notes?.hash, 0xfedcba98)
  t.equal(found[5].notes, undefined)
  const { mac, speed, filter, os, statistics } = found[0].interface
  t.same({ mac: Array.from(mac!), speed, filter, os }, { ...pick(interfaces[0]) })
  t.equal(statistics?.received, 20n)
  t.equal(statistics?.delivered, 5n)
  t.equal(statistics?.start, START)
  // editcap 4.0 keeps less than it shows.
  const copied = await read(copy)
  t.same(
    copied.map(({ notes }) => notes?.comments),
    notes.map(({ comments }) => comments),
  )
  t.same([copied[2].notes?.direction, copied[2].notes?.drops, copied[2].interface.speed], ['out', 7n, speed])
})

const pick = ({ mac, speed, filter, os }: CaptureInterface) => ({
  mac: Array.from(mac!),
  speed,
  filter,
  os,
})

t.test('a name that ends in .gz is compressed', async (t) => {
  const file = await write('packed.pcapng.gz')
  t.same([...readFileSync(file).subarray(0, 2)], [0x1f, 0x8b])
  t.equal(tshark(file, 'frame.number').length, 6)
  let count = 0
  for await (const _ of openCapture(file)) count++
  t.equal(count, 6)
  truncateSync(file, 100)
  await t.rejects(
    async () => {
      for await (const _ of openCapture(file)) count++
    },
    { code: 'ERR_CAPTURE_CUT' },
  )
})

t.test('a name that ends in .zst is compressed, or Node is too old for it', async (t) => {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const knows = major > 23 || (major === 23 && minor >= 8) || (major === 22 && minor >= 15)
  if (!knows) {
    t.throws(() => createCaptureFile(join(folder, 'a.pcapng.zst')), {
      code: 'ERR_NOT_SUPPORTED',
      message: /Node 22\.15/,
    })
    return
  }
  const file = await write('packed.pcapng.zst')
  t.same([...readFileSync(file).subarray(0, 4)], [0x28, 0xb5, 0x2f, 0xfd])
  let count = 0
  for await (const _ of openCapture(file)) count++
  t.equal(count, 6)
})

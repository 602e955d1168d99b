// `rxburst replay`: every packet leaves once and in order, at the times of the file, by rounds, at a rate, rewritten.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openCapture } from '../../dist/lib/pcap/reader.js'
import { pcapHeader, pcapRecord } from '../../dist/lib/pcap/writer.js'
import { rxburst } from '../fixtures/child.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { until } from '../fixtures/plane.js'

const inside = inNamespaceOfItsOwn()
const BEGIN = 1_700_000_000_000_000_000n

/** An IPv4 packet with its number in the payload; right header checksum, no UDP checksum. */
function packet(number: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(length)
  bytes.write('0200000000010200000000020800', 'hex')
  bytes.write('4500', 14, 'hex')
  bytes.writeUInt16BE(length - 14, 16)
  bytes.write('000040004011', 18, 'hex')
  bytes.write('0a0000010a000002', 26, 'hex')
  let sum = 0
  for (let at = 14; at < 34; at += 2) sum += bytes.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  bytes.writeUInt16BE(~sum & 0xffff, 24)
  bytes.writeUInt16BE(4000, 34)
  bytes.writeUInt16BE(9, 36)
  bytes.writeUInt16BE(length - 34, 38)
  bytes.writeUInt32BE(number, 42)
  return bytes
}

/** A capture file; its packets are `gaps[i]` microseconds behind each other. */
function captureFile(t: Test, gaps: readonly number[]): string {
  const file = join(t.testdir({}), 'in.pcap')
  let time = BEGIN
  const records = gaps.map((gap, i) => {
    time += BigInt(gap * 1000)
    return pcapRecord({ bytes: packet(i, 60 + (i % 40)), time })
  })
  writeFileSync(file, Buffer.concat([pcapHeader({ linkType: 1, snapLength: 65535 }), ...records]))
  return file
}

/** Records what comes out of the other end, until it is asked for. */
async function record(t: Test): Promise<() => Promise<{ time: bigint; bytes: Buffer }[]>> {
  const file = join(t.testdirName, 'out.pcap')
  const args = [
    '-i',
    ENDS[1],
    '-U',
    '-n',
    '-s',
    '256',
    '-B',
    '16384',
    '--immediate-mode',
    '--time-stamp-precision=nano',
    '-w',
    '-',
    'udp dst port 9',
  ]
  const child = spawn('tcpdump', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const out = createWriteStream(file)
  child.stdout.pipe(out)
  await until('tcpdump listens', () => /listening on/.test(said))
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 300)) // the kernel hands packets over in blocks
    child.kill('SIGINT')
    await once(out, 'close')
    const all: { time: bigint; bytes: Buffer }[] = []
    for await (const { time, bytes } of openCapture(file))
      all.push({ time: time!, bytes: Buffer.from(bytes) })
    return all
  }
}

const skip = inside ? false : 'no namespace can be had'
const PORT = `packet:${ENDS[0]}`

async function run(t: Test, ...args: string[]) {
  const { code, stdout, stderr } = await rxburst(t, 'replay', ...args, '--json')
  t.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

t.test('at the times of the file', { skip }, async (t) => {
  const gaps = Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 1500 : 300 + ((i * 37) % 200)))
  const file = captureFile(t, gaps)
  const due = gaps.map((_, i) => gaps.slice(1, i + 1).reduce((sum, gap) => sum + gap, 0))
  let errors: number[] = []
  let median = Number.POSITIVE_INFINITY
  // A busy machine takes the CPU from the worker now and then: one of a few rounds is undisturbed.
  for (let round = 0; round < 5 && median >= 50; round++) {
    const end = await record(t)
    const result = await run(t, file, PORT)
    const came = await end()
    t.match(result, { read: 1000, sent: 1000, refused: 0, skipped: 0, loop: 1, rate: 'original' })
    t.same(
      came.map(({ bytes }) => bytes.readUInt32BE(42)),
      gaps.map((_, i) => i),
      'each packet once, in order',
    )
    t.ok(came[7].bytes.equals(packet(7, 67)), 'byte for byte')
    // The beginning is when most of them say that it was: the first packet alone meets code that is not compiled yet.
    const shifts = came.map(({ time }, i) => Number(time - came[0].time) / 1000 - due[i])
    const shift = [...shifts].sort((a, b) => a - b)[500]
    errors = shifts.map((each) => Math.abs(each - shift)).sort((a, b) => a - b)
    t.comment(`late by ${result.late_us.p50} us in the median, as replay itself says`)
    median = errors[500]
  }
  t.comment(`off by ${median.toFixed(1)} us in the median, ${errors[990].toFixed(1)} us at 99 %`)
  t.ok(median < 50, `${median} us in the median`)
})

t.test('rounds, rates and new fields', { skip }, async (t) => {
  const file = captureFile(t, Array(50).fill(1000))
  const end = await record(t)
  const looped = await run(
    t,
    file,
    PORT,
    '--loop',
    '4',
    '--rate',
    '1000 pps',
    '--rewrite',
    'ipv4.source=10.9.9.9',
    '--rewrite',
    'ethernet.destination=02:00:00:00:00:09',
    '--rewrite',
    'tcp.source.port=1',
  )
  t.match(looped, { read: 200, sent: 200 })
  t.ok(looped.seconds >= 0.199, `${looped.seconds} s for 200 packets at 1000 a second`)
  const came = await end()
  t.same(
    came.map(({ bytes }) => bytes.readUInt32BE(42)),
    [0, 1, 2, 3].flatMap(() => Array.from({ length: 50 }, (_, i) => i)),
    'four rounds in order',
  )
  for (const { bytes } of came.slice(0, 3)) {
    t.equal(bytes.toString('hex', 0, 6), '020000000009')
    t.equal(bytes.toString('hex', 26, 30), '0a090909')
    let sum = 0
    for (let at = 14; at < 34; at += 2) sum += bytes.readUInt16BE(at)
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
    t.equal(sum, 0xffff, 'the checksum is right')
  }
  const original = await run(t, file, PORT, '--loop', '3')
  t.ok(original.seconds >= 0.145, `three rounds of 50 ms take ${original.seconds} s`)
  const bits = await run(t, file, PORT, '--rate', '80kbps')
  t.ok(bits.seconds > 0.3, `3770 bytes at 80 kbit/s take ${bits.seconds} s`)
  t.match(await run(t, file, PORT, '--rate', 'max'), { sent: 50 })
})

// Reading and writing keep pace with the other side: half a gigabyte goes through a heap of a few megabytes.
import { Writable } from 'node:stream'
import t from 'tap'
import { readCapture } from '../../dist/lib/pcap/reader.js'
import { CaptureWriter, pcapHeader, pcapRecord } from '../../dist/lib/pcap/writer.js'

const MIB = 1 << 20
const BYTES = 512 * MIB

t.test('reading', async (t) => {
  const record = pcapRecord({ bytes: new Uint8Array(1484), time: 1n })
  const pieces = Math.floor(BYTES / 65536)
  let made = 0
  let read = 0
  let ahead = 0
  function* source() {
    yield pcapHeader({ linkType: 1, snapLength: 0 })
    for (let i = 0; i < pieces; i++) {
      const piece = new Uint8Array(65536 - (65536 % record.length))
      for (let at = 0; at < piece.length; at += record.length) piece.set(record, at)
      made += piece.length / record.length
      ahead = Math.max(ahead, made - read)
      yield piece
    }
  }
  const before = process.memoryUsage().rss
  for await (const packet of readCapture(source())) read += packet.bytes.length === 1484 ? 1 : 0
  t.equal(read, made, `${read} packets`)
  t.ok(ahead <= 2 * (65536 / record.length), `at most ${ahead} packets were waiting to be read`)
  const grown = (process.memoryUsage().rss - before) / MIB
  t.ok(grown < 256, `${grown.toFixed(0)} MiB more than before`)
})

t.test('writing waits for a slow stream', async (t) => {
  let waiting = 0
  let most = 0
  let done = 0
  const slow = new Writable({
    highWaterMark: 65536,
    write(bytes, _encoding, callback) {
      setImmediate(() => {
        waiting -= bytes.length
        done += bytes.length
        callback()
      })
    },
  })
  const writer = new CaptureWriter(slow, { format: 'pcap', interfaces: [{ linkType: 1, snapLength: 0 }] })
  const bytes = new Uint8Array(1000)
  for (let i = 0; i < 5000; i++) {
    waiting += bytes.length + 16
    most = Math.max(most, waiting)
    await writer.write({ bytes, time: BigInt(i) })
  }
  await writer.end()
  t.equal(done, 24 + 5000 * 1016)
  t.ok(most < 2 * 65536, `at most ${most} bytes were waiting`)
})

t.test('a stream that fails is told', async (t) => {
  const failing = new Writable({
    write: (_bytes, _encoding, callback) => callback(new Error('no space left')),
  })
  const writer = new CaptureWriter(failing, { format: 'pcap', interfaces: [{ linkType: 1, snapLength: 0 }] })
  await t.rejects(async () => {
    for (let i = 0; i < 1000; i++) {
      await writer.write({ bytes: new Uint8Array(1000), time: 0n })
      await new Promise(setImmediate)
    }
  }, /no space left/)
})

// A file that is missing, no capture, cut, of another link type, or on a full disk: an error with a code, and no packet
// is lost in silence.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse, pcapFile } from '../fixtures/captures.js'
import { bin } from '../fixtures/child.js'

const folder = t.testdir({ 'text.txt': 'no capture' })
const at = (name: string) => join(folder, name)
const packets = Array.from({ length: 100 }, (_, i) => ({
  bytes: new Uint8Array(1000).fill(i),
  time: BigInt(i),
}))
const whole = pcapFile({ little: true }, packets)
writeFileSync(at('in.pcap'), whole)
writeFileSync(at('cut.pcap'), whole.subarray(0, 24 + 1016 * 40 + 100))
writeFileSync(at('wrong.pcap'), Buffer.concat([whole.subarray(0, 24 + 1016 * 40), Buffer.alloc(64, 0xff)]))
writeFileSync(at('raw.pcap'), pcapFile({ little: true }, packets, { linkType: 101 }))
spawnSync('mkfifo', [at('pipe')])
writeFileSync(
  at('fw.mjs'),
  `import { perPacket, tx } from 'rxburst'
   export default () => perPacket(() => tx(0))`,
)

function spawn(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync('/usr/bin/env', ['-u', 'NODE_OPTIONS', ...argv], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}
const rxburst = (...ports: string[]) => spawn(process.execPath, bin, 'run', 'fw.mjs', ...ports, '--json')

for (const [port, message] of [
  ['pcap:none.pcap', /none\.pcap can't be read: No such file or directory \[ERR_BAD_ARGUMENT\]/],
  ['pcap:pipe', /wants a file, and pipe is not one.*\[ERR_BAD_ARGUMENT\]/],
  ['pcap:text.txt', /can't be read as a capture file.*\[ERR_CAPTURE_FORMAT\]/],
  ['pcap:raw.pcap', /wants Ethernet frames, and the link type of the file is RAW \[ERR_NOT_SUPPORTED\]/],
  ['pcap:in.pcap,to=in.pcap', /names the file that is read.*\[ERR_BAD_OPTION\]/],
  ['pcap:in.pcap,to=none/out.pcap', /can't be written: No such file or directory \[ERR_BAD_ARGUMENT\]/],
  ['pcap:in.pcap,to=pipe', /can't be written|wants a file/],
  ['pcap:in.pcap,loop=x', /loop.*\[ERR_BAD_OPTION\]/],
  ['pcap:in.pcap,queues=1', /has queue 0 only \[ERR_NO_QUEUE\]/],
  ['pcap:in.pcap,to=/dev/full', /can't be written: No space left on device \[ERR_SYSTEM\]/],
] as const)
  t.test(`refused: ${port}`, async (t) => {
    const { status, stdout, stderr } = rxburst(port)
    t.equal(status, 1)
    t.equal(stdout, '')
    t.match(stderr, message)
    t.ok(readFileSync(at('in.pcap')).equals(whole), 'the file that is read is as it was')
  })

for (const [name, message] of [
  ['cut.pcap', /the file ends in the middle of the record behind packet 40 \[ERR_CAPTURE_CUT\]/],
  ['wrong.pcap', /the file holds what no capture file can, behind packet 40 \[ERR_CAPTURE_FORMAT\]/],
] as const)
  t.test(`${name}: every packet before the fault is processed, then the run fails`, async (t) => {
    const { status, stdout, stderr } = rxburst(`pcap:${name},to=out.pcap,loop=2`)
    t.equal(status, 1)
    t.match(stderr, message)
    t.match(JSON.parse(stdout), { rx: 40, tx: 40 })
    t.equal(parse(readFileSync(at('out.pcap'))).packets.length, 40)
  })

t.test('a full disk', async (t) => {
  mkdirSync(at('disk'))
  const script =
    'mount -t tmpfs -o size=64k none disk && "$@"; code=$?; cp disk/out.pcap kept.pcap; exit $code'
  const command = [process.execPath, bin, 'run', 'fw.mjs', 'pcap:in.pcap,to=disk/out.pcap,loop=0', '--json']
  const { status, stdout, stderr } = spawn('unshare', '-m', 'sh', '-c', script, 'sh', ...command)
  t.equal(status, 1)
  t.match(stderr, /the file can't be written: ENOSPC, no space left on device \[ERR_SYSTEM\]/)
  const { rx, tx, rejected, dropped } = JSON.parse(stdout)
  t.equal(tx, Math.floor((65536 - 24) / 1016), 'what fits was written')
  t.equal(rx - tx, rejected + dropped, 'the rest was rejected, or dropped when the run ended')
  t.ok(rejected > 0)
  const { packets: kept, error } = parse(readFileSync(at('kept.pcap')))
  t.equal(kept.length, tx)
  t.equal(error, undefined, 'no record is cut')
})

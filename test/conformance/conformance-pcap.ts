// pcap: does what a backend must do without a second end: it gives the packets of a file and writes what it is sent to
// another.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'rxburst'
import t from 'tap'
import { pcapFile } from '../fixtures/captures.js'
import { conformanceAlone } from '../fixtures/conformance/conformance-alone.js'

const folder = mkdtempSync(join(tmpdir(), 'rxburst-pcap-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const from = join(folder, 'from.pcap')
const packets = Array.from({ length: 1000 }, (_, i) => ({
  bytes: new Uint8Array(96).fill(i & 0xff),
  time: BigInt(i),
}))
writeFileSync(from, pcapFile({ little: true }, packets, { ns: true }))
const none = (what: string) => `a file has no ${what}`

await conformanceAlone({
  name: 'pcap:',
  backend: 'pcap',
  one: () => open(`pcap:${from}`, { to: '/dev/null', loop: 0 }),
  makes: 96,
  alone: 'what is written to a file is not received by anybody meanwhile',
  lacks: {
    pass: none('kernel behind it'),
    'two queues': 'a file is read by one worker',
    'full ring': 'a file takes whatever the disk takes',
    segments: 'a packet longer than a frame is lost, and counted',
    hash: none('hash'),
    vlan: 'tags stay in the packet',
    checksum: none('word about checksums'),
    mark: none('mark'),
  },
})

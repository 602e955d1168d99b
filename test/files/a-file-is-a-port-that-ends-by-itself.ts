// `rxburst run fw.ts pcap:FILE --json` without privilege: it ends when every packet has its verdict, and gives the same
// result each time.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open, run } from 'rxburst'
import t from 'tap'
import { description, enhanced, parse, pcapFile, section } from '../fixtures/captures.js'
import { bin } from '../fixtures/child.js'

const folder = mkdtempSync(join(tmpdir(), 'rxburst-files-'))
t.teardown(() => rmSync(folder, { recursive: true }))
chmodSync(folder, 0o777)
const at = (name: string) => join(folder, name)
const START = 1_700_000_000_123_456_789n
const packets = Array.from({ length: 1000 }, (_, i) => ({
  bytes: Uint8Array.from({ length: 60 + (i % 200) }, (_, j) => (i * 7 + j) & 0xff),
  time: START + BigInt(i) * 1_000_003n,
}))
writeFileSync(at('in.pcap'), pcapFile({ little: false }, packets, { ns: true }))
const little = { little: true }
writeFileSync(
  at('in.pcapng'),
  Buffer.concat([
    section(little),
    description(little, 1, [[9, Uint8Array.of(9)]]),
    ...packets.map(({ bytes, time }) => enhanced(little, 0, time, bytes)),
  ]),
)
writeFileSync(
  at('fw.mjs'),
  `import { DROP, perPacket, tx } from 'rxburst'
   export default () => perPacket((packet) => (packet.u8(0) & 1 ? DROP : tx(0)))`,
)

/** Runs the command line as nobody, who may do nothing. */
function rxburst(...args: string[]) {
  const argv = ['-u', 'NODE_OPTIONS', process.execPath, bin, ...args]
  const { status, stdout, stderr } = spawnSync('/usr/bin/env', argv, {
    cwd: folder,
    encoding: 'utf8',
    ...(process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}),
    env: { PATH: process.env.PATH, HOME: folder },
  })
  return { status, stdout, stderr }
}

const even = packets.filter(({ bytes }) => (bytes[0] & 1) === 0)
const written = (name: string) => parse(readFileSync(at(name))).packets

for (const name of ['in.pcap', 'in.pcapng'])
  t.test(`${name}, twice`, async (t) => {
    const results = [1, 2].map((i) => {
      const out = `out-${name}-${i}.pcap`
      const { status, stdout, stderr } = rxburst('run', 'fw.mjs', `pcap:${name},to=${out}`, '--json')
      t.equal(status, 0, stderr)
      t.equal(stderr, 'ready\n')
      const { seconds, ...rest } = JSON.parse(stdout)
      t.ok(seconds >= 0)
      t.match(rest, { rx: 1000, tx: even.length, dropped: 1000 - even.length, rejected: 0 })
      t.same(rest.ports[0], {
        name: `pcap:${name}`,
        backend: 'pcap',
        mode: 'copy',
        pages: rest.ports[0].pages,
        queues: [0],
      })
      return { rest, file: readFileSync(at(out)) }
    })
    t.same(results[0].rest, results[1].rest)
    t.ok(results[0].file.equals(results[1].file), 'the same bytes')
    t.same(
      written(`out-${name}-1.pcap`).map(({ bytes, time }) => [Buffer.from(bytes).toString('hex'), time]),
      even.map(({ bytes, time }) => [Buffer.from(bytes).toString('hex'), time]),
      'packets that were sent on, with the times that they had',
    )
  })

t.test('loop=3, and a port that is only written to', async (t) => {
  const { stdout, stderr, status } = rxburst(
    'run',
    'fw.mjs',
    'pcap:/dev/null,to=only.pcap',
    'pcap:in.pcap,loop=3',
    '--json',
  )
  t.equal(status, 0, stderr)
  t.match(JSON.parse(stdout), { rx: 3000, tx: 3 * even.length })
  t.same(
    written('only.pcap').map(({ time }) => time),
    [1, 2, 3].flatMap(() => even.map(({ time }) => time)),
  )
})

t.test('without to= packets that are sent are rejected', async (t) => {
  t.match(JSON.parse(rxburst('run', 'fw.mjs', 'pcap:in.pcap', '--json').stdout), {
    tx: 0,
    rejected: even.length,
  })
})

t.test('steer and pass are executed in software, and counted', async (t) => {
  const args = [
    '--steer',
    'ether[0] = 6',
    '--steer',
    'ether[0] = 8',
    '--pass',
    'ether[1] = 9 and ether[0] = 8',
    '--json',
  ]
  const { stdout, stderr } = rxburst('run', 'fw.mjs', 'pcap:in.pcap,to=f.pcap', ...args)
  const six = packets.filter(({ bytes }) => bytes[0] === 6).length
  t.ok(six > 0)
  t.match(JSON.parse(stdout), { rx: six, tx: six, lost: { filtered: 1000 - six } }, stderr)
})

t.test('packets longer than a frame are counted, short ones are not', async (t) => {
  const sizes = [1792, 1793, 9000, 60]
  writeFileSync(
    at('long.pcap'),
    pcapFile(
      little,
      sizes.map((size) => ({ bytes: new Uint8Array(size), time: 0n })),
    ),
  )
  t.match(JSON.parse(rxburst('run', 'fw.mjs', 'pcap:long.pcap,to=l.pcap', '--json').stdout), {
    rx: 2,
    tx: 2,
    lost: { rx_chained: 2 },
  })
})

t.test('an empty file ends at once, also without end', async (t) => {
  writeFileSync(at('empty.pcap'), pcapFile(little, []))
  for (const loop of [1, 0, 5])
    t.match(JSON.parse(rxburst('run', 'fw.mjs', `pcap:empty.pcap,loop=${loop}`, '--json').stdout), { rx: 0 })
})

t.test('packets that are kept are waited for, and timestamps are those of the file', async (t) => {
  const processor = at('late.mjs')
  writeFileSync(
    processor,
    `import { parentPort } from 'node:worker_threads'
     export default () => (burst) => {
       for (let i = 0; i < burst.count; i++) {
         parentPort.postMessage(burst.timestamp[i])
         const mine = burst.at(i).keep()
         setTimeout(() => mine.send(0), 300)
       }
     }`,
  )
  writeFileSync(at('few.pcap'), pcapFile(little, packets.slice(0, 5), { ns: true }))
  const port = await open(`pcap:${at('few.pcap')}`, { to: at('late.pcap') })
  t.teardown(() => port.close())
  const plane = await run(new URL(`file://${processor}`), {
    workers: [{ queues: [port.queue(0)] }],
    columns: ['timestamp'],
  })
  const times: unknown[] = []
  plane.on('message', (time) => times.push(time))
  await plane.done
  t.match(plane.snapshot(), { rx: { packets: 5 }, tx: { packets: 5 }, kept: 0 })
  t.ok((await plane.audit()).ok)
  t.same(
    times,
    packets.slice(0, 5).map(({ time }) => Number(time)),
  )
  t.same(
    written('late.pcap').map(({ time }) => time),
    Array(5).fill(packets[4].time),
    'sent later: the time of the last packet',
  )
})

t.test('a run beside a port that has no end goes on', async (t) => {
  const { status, stdout } = rxburst(
    'run',
    'fw.mjs',
    'pcap:in.pcap,to=g.pcap',
    'loop:a',
    '--duration',
    '0.5',
    '--json',
  )
  t.equal(status, 0)
  const { seconds, rx } = JSON.parse(stdout)
  t.ok(seconds >= 0.4, `${seconds} s`)
  t.equal(rx, 1000)
})

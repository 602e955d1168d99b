// `rxburst replay` refuses bad input with a code before a port is opened, and ends with a summary at Ctrl-C.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { pcapHeader, pcapRecord } from '../../dist/lib/pcap/writer.js'
import { bin, rxburst, start } from '../fixtures/child.js'
import { until } from '../fixtures/plane.js'

function file(t: Test, linkType: number, packets: Uint8Array[], more = Buffer.alloc(0)): string {
  const path = join(t.testdirName, `${linkType}-${packets.length}-${more.length}.pcap`)
  const records = packets.map((bytes, i) => pcapRecord({ bytes, time: BigInt(i) * 1_000_000n }))
  writeFileSync(path, Buffer.concat([pcapHeader({ linkType, snapLength: 65535 }), ...records, more]))
  return path
}
const some = (n: number, length = 60) => Array.from({ length: n }, () => new Uint8Array(length).fill(1))
const NOWHERE = 'afxdp:there-is-none'

t.test('refused', async (t) => {
  t.testdir({ text: 'no capture at all' })
  const good = file(t, 1, some(3))
  for (const [args, code] of [
    [[join(t.testdirName, 'none.pcap'), NOWHERE], 'ERR_BAD_ARGUMENT'],
    [[join(t.testdirName, 'text'), NOWHERE], 'ERR_CAPTURE_FORMAT'],
    [[file(t, 101, some(1)), NOWHERE], 'ERR_NOT_SUPPORTED'],
    [[good, NOWHERE, '--rate', 'soon'], 'ERR_BAD_OPTION'],
    [[good, NOWHERE, '--rate', '0pps'], 'ERR_BAD_OPTION'],
    [[good, NOWHERE, '--rewrite', 'ipv4.source'], 'ERR_BAD_OPTION'],
    [[good, NOWHERE, '--rewrite', 'ipv4.sauce=10.0.0.1'], 'ERR_BAD_OPTION'],
    [[good, NOWHERE, '--rewrite', 'ipv4.source=10.0.0'], 'ERR_BAD_ADDRESS'],
    [['-', NOWHERE, '--loop', '2'], 'ERR_BAD_OPTION'],
    [[good, NOWHERE], 'ERR_NO_INTERFACE'],
  ] as const) {
    const { code: status, stdout, stderr } = await rxburst(t, 'replay', ...args)
    t.match(
      { status, stdout, stderr },
      { status: 1, stdout: '', stderr: `[${code}]` },
      args.slice(1).join(' '),
    )
  }
})

t.test('what does not fit is skipped, and a cut file is told at its end', async (t) => {
  t.testdir({})
  const odd = file(t, 1, [...some(2), ...some(1, 10), ...some(1, 9000)])
  const { stdout } = await rxburst(t, 'replay', odd, 'loop:a', '--json')
  t.match(JSON.parse(stdout), { read: 4, sent: 2, skipped: 2 })
  const cut = file(t, 1, some(2), Buffer.alloc(7))
  t.match(await rxburst(t, 'replay', cut, 'loop:a'), { code: 1, stderr: '[ERR_CAPTURE_CUT]' })
  t.match(await rxburst(t, 'replay', file(t, 1, []), 'loop:a', '--loop', '0'), {
    code: 0,
    stdout: / 0 of 0 packets/,
  })
})

t.test('Ctrl-C', async (t) => {
  t.testdir({})
  const program = start(t, process.execPath, [
    bin,
    'replay',
    file(t, 1, some(100)),
    'loop:a',
    '--loop',
    '0',
    '--rate',
    'max',
    '--json',
  ])
  await until('it sends', async () => {
    await new Promise((resolve) => setTimeout(resolve, 1500))
    return program.process.exitCode === null
  })
  program.process.kill('SIGINT')
  const { code, stdout, stderr } = await program.ended
  t.equal(code, 0, stderr)
  t.ok(JSON.parse(stdout).sent > 0)
})

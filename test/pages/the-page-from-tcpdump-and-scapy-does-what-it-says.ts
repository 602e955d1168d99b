// Each line of docs/from-tcpdump-and-scapy.md runs, and does what tcpdump or scapy does in the same row.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DROP, tx } from 'rxburst'
import { load } from 'rxburst/testing'
import * as wire from 'rxburst/wire'
import t from 'tap'
import { bin, ended, root } from '../fixtures/child.js'

const page = readFileSync(`${root}docs/from-tcpdump-and-scapy.md`, 'utf8')
const folder = t.testdir({})
const file = join(folder, 'in.pcap')
const MACS = { A: '02:00:00:00:00:01', B: '02:00:00:00:00:02' }

/** The cells with code of each row of a chapter's table: the left side, then rxburst's. */
function rowsOf(chapter: string): [string, string][] {
  const [, text = ''] = page.split(`\n## ${chapter}\n`)
  const lines = text.split('\n## ')[0].split('\n')
  return lines
    .filter((line) => line.startsWith('|'))
    .map((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, code]) => code))
    .filter((cells) => cells.length === 2)
    .map(([left, right]) => [left, right])
}

/** Runs lines of Python with scapy; the JSON that they print. */
async function scapy<Result>(...lines: string[]): Promise<Result> {
  const script = [
    'import json',
    'from scapy.all import *',
    `A, B = '${MACS.A}', '${MACS.B}'`,
    `packets = [
      Ether(src=A, dst=B)/IP(src='10.0.0.1', dst='10.0.0.2')/UDP(sport=1024, dport=4321)/'hello',
      Ether(src=A, dst=B)/IP(src='10.0.0.3', dst='192.0.2.2', ttl=3)/UDP(sport=1024, dport=53)/'hello',
      Ether(src=B, dst=A)/IP(src='10.0.0.1', dst='10.0.0.2')/TCP(sport=1024, dport=80, flags='S'),
      Ether(src=B, dst=A)/IP(src='10.0.0.1', dst='10.0.0.2')/TCP(sport=1024, dport=80, flags='A'),
      Ether(src=B, dst=A)/IP(src='192.0.2.1', dst='10.0.0.2')/ICMP(type=8),
      Ether(src=B, dst=A)/IP(src='10.0.0.1', dst='10.0.0.2')/ICMP(type=0),
      Ether(src=A, dst=B)/ARP(op=1, hwsrc=A, psrc='10.0.0.1', pdst='10.0.0.2'),
    ]`,
    'p = Ether(bytes(packets[0]))',
    ...lines,
  ]
  const { code, stdout, stderr } = await ended(t, '/usr/bin/python3', ['-c', script.join('\n')])
  t.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

/** What a line of the right side gives for a packet. */
function evaluated(line: string, p: Uint8Array): unknown {
  const names = { ...wire, ...MACS, p, at: wire.locate(p) }
  return new Function(...Object.keys(names), `return (${line})`)(...Object.values(names))
}
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

const hexes = await scapy<string[]>(
  `wrpcap('${file}', packets)`,
  'print(json.dumps([bytes(p).hex() for p in packets]))',
)

t.test('filter', async (t) => {
  const rows = rowsOf('Filter, in a handler')
  t.equal(rows.length, 8)
  for (const [filter, line] of rows) {
    // One file for each packet would take long: tcpdump prints the bytes of those that match.
    const { stdout } = await ended(t, 'tcpdump', ['-n', '-t', '-xx', '-r', file, filter])
    const theirs = stdout
      .split(/^(?=\S)/m)
      .map((text) =>
        [...text.matchAll(/^\s+0x\w+: (.*)$/gm)].map(([, hex]) => hex.replace(/ /g, '')).join(''),
      )
    const ours = hexes.filter((hex) => evaluated(line, bytesOf(hex)))
    t.same(ours, theirs, filter)
    t.ok(ours.length > 0 && ours.length < hexes.length, `${ours.length} of ${hexes.length} match`)
  }
})

t.test('read', async (t) => {
  const rows = rowsOf('Read a field')
  t.equal(rows.length, 9)
  const theirs = await scapy<unknown[]>(`print(json.dumps([${rows.map(([left]) => left).join(', ')}]))`)
  for (const [n, [left, line]] of rows.entries()) t.same(evaluated(line, bytesOf(hexes[0])), theirs[n], left)
})

t.test('change', async (t) => {
  const rows = rowsOf('Change')
  t.equal(rows.length, 4)
  const theirs = await scapy<string[]>(
    'results = []',
    ...rows.flatMap(([left]) => ['p = Ether(bytes(packets[0]))', left, 'results.append(bytes(p).hex())']),
    'print(json.dumps(results))',
  )
  for (const [n, [left, line]] of rows.entries()) {
    const p = bytesOf(hexes[0])
    evaluated(line, p)
    t.equal(Buffer.from(p).toString('hex'), theirs[n], left)
    t.not(theirs[n], hexes[0], 'and something is changed')
  }
})

t.test('build', async (t) => {
  const rows = rowsOf('Build')
  t.equal(rows.length, 2)
  const theirs = await scapy<string[]>(
    `print(json.dumps([bytes(packet).hex() for packet in [${rows.map(([left]) => left).join(', ')}]]))`,
  )
  for (const [n, [left, line]] of rows.entries()) {
    const p = new Uint8Array(theirs[n].length / 2)
    evaluated(line, p)
    t.equal(Buffer.from(p).toString('hex'), theirs[n], left)
  }
})

t.test('on the command line', async (t) => {
  const rows = rowsOf('On the command line')
  t.equal(rows.length, 10)
  const sums: Record<string, number>[] = []
  for (const [left, line] of rows) {
    const words = line.match(/'[^']*'|\S+/g)!.map((word) => word.replaceAll("'", ''))
    t.same(words.splice(0, 2), ['npx', 'rxburst'])
    // The interface is a file here, one without end: who sends into it ends by itself.
    const args = words.map((word) => word.replace('afxdp:eth0', 'pcap:in.pcap,loop=0,to=sent.pcap'))
    const asJson = args.includes('--json') || args[0] === 'dissect' ? [] : ['--json']
    const { code, stdout, stderr } = await ended(t, process.execPath, [bin, ...args, ...asJson], folder)
    t.equal(code, 0, `${line}: ${stderr}`)
    if (args[0] !== 'dissect') sums.push(JSON.parse(stdout))
    else if (left.startsWith('tcpdump')) {
      const theirs = await ended(t, 'sh', ['-c', `${left} 2> /dev/null`], folder)
      const heads = (text: string) => text.split('\n').filter((line) => /^\d\d:/.test(line)).length
      t.equal(heads(stdout), heads(theirs.stdout), `as many packets as ${left}`)
    } else t.equal(stdout.trim().split('\n').length, hexes.length, 'an object for each packet')
  }
  const [all, some, filtered, once, tenTimes, sent, varied] = sums
  const count = async (filter: string[]) =>
    Number.parseInt((await ended(t, 'tcpdump', ['-r', file, '--count', ...filter])).stdout, 10)
  t.equal(all.rx, await count([]), 'counted')
  t.equal(some.rx, await count(['udp dst port 53']), 'counted behind a filter')
  t.equal(filtered.tx, some.rx, 'written behind a filter')
  t.same([once.sent, tenTimes.sent], [hexes.length, 10 * hexes.length], 'replayed')
  t.same([sent.sent, varied.sent], [1000, 1000], 'sent')
  const { stdout } = await ended(t, 'tcpdump', ['-n', '-r', 'sent.pcap'], folder)
  const ports = new Set([...stdout.matchAll(/IP [\d.]+\.(\d+) >/g)].map(([, port]) => port))
  t.equal(ports.size, 1000, 'with a thousand source ports')
})

t.test('answer.ts', async (t) => {
  const [, text] = /^```ts\n\/\/ answer\.ts.*?\n([\s\S]*?)^```$/m.exec(page)!
  t.equal(page.match(/^```/gm)?.length, 2, 'there is no other program')
  const module = join(folder, 'answer.ts')
  writeFileSync(module, text)
  const answer = await load(pathToFileURL(module), {})
  const verdicts = hexes.map((hex) => answer.receive(bytesOf(hex)).verdict)
  t.same(verdicts, [tx(0), ...hexes.slice(1).map(() => DROP)])
  const [{ bytes }] = answer.sent
  t.equal(wire.ipv4.destination(bytes, wire.locate(bytes)), wire.parseIpv4('10.0.0.1'))

  const args = ['run', 'answer.ts', 'pcap:in.pcap,to=answers.pcap', '--json']
  const { code, stdout, stderr } = await ended(t, process.execPath, [bin, ...args], folder)
  t.equal(code, 0, stderr)
  t.match(JSON.parse(stdout), { rx: hexes.length, tx: 1 })
  t.match(stderr, '10.0.0.1 1\n', 'and the count is printed at the end')
})

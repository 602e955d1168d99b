// examples/14-syn-flood.ts in front of a real HTTP server: a flood of SYNs from random addresses does not reach it, a
// source on the list doesn't either, and curl is served all the while.
import t from 'tap'
import { ended, start } from '../fixtures/child.js'
import { python } from '../fixtures/grant.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { example, stop } from '../fixtures/programs/examples.js'
import { on } from '../fixtures/traffic/hosts.js'

const FLOOD = 30_000
const SERVER = `
  require('node:http').createServer((_, answer) => answer.end('welcome'))
    .listen(8000, '0.0.0.0', () => console.log('listening'))`

// Raw frames: a SYN each, from any address and port.
const FLOODER = `
import random, socket, struct, sys
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(('eth0', 0))
def fold(data):
    s = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    s = (s & 0xffff) + (s >> 16)
    return ~((s & 0xffff) + (s >> 16)) & 0xffff
to = socket.inet_aton('10.77.0.2')
ether = bytes.fromhex('027278620002027278620001') + b'\\x08\\x00'
for n in range(int(sys.argv[1])):
    source = struct.pack('!I', random.randrange(0x0b000000, 0xdf000000))
    ip = struct.pack('!BBHHHBBH', 0x45, 0, 40, n & 0xffff, 0, 64, 6, 0) + source + to
    ip = ip[:10] + struct.pack('!H', fold(ip)) + ip[12:]
    tcp = struct.pack('!HHIIBBHHH', random.randrange(1024, 65536), 8000, random.randrange(2**32), 0, 0x50, 2, 64240, 0, 0)
    check = fold(source + to + struct.pack('!HH', 6, 20) + tcp)
    out.send(ether + ip + tcp[:16] + struct.pack('!H', check) + tcp[18:])
    if n == 1000: print('flooding', flush=True)
print('done')
`

t.test('in a lab', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const left = (...command: string[]) => ended(t, ...on(lab, 'left', command))
  const right = (...command: string[]) => ended(t, ...on(lab, 'right', command))
  await left('ip', 'address', 'add', '10.77.0.66/24', 'dev', 'eth0')
  const server = start(t, ...on(lab, 'right', [process.execPath, '-e', SERVER]))
  await server.prints(/listening/)
  const ports = lab.hosts.map(({ near }) => `afxdp:${near}`)
  const program = await example(t, '14-syn-flood.ts', ports, { block: ['10.77.0.66'] })
  const curl = async (...words: string[]) =>
    (await left('curl', '--silent', ...words, 'http://10.77.0.2:8000/')).stdout
  const opened = async () => {
    const { stdout } = await right('cat', '/proc/net/snmp')
    const [names, values] = stdout.split('\n').filter((line) => line.startsWith('Tcp:'))
    const at = names.split(' ').indexOf('InSegs')
    return Number(values.split(' ')[at])
  }

  t.equal(await curl('--max-time', '60'), 'welcome', 'before the flood')
  const before = await opened()
  const flood = start(t, ...on(lab, 'left', [python, '-c', FLOODER, String(FLOOD)]))
  await flood.prints(/flooding/)
  let served = 0
  let done = false
  void flood.ended.then(() => {
    done = true
  })
  for (let n = 0; n < 10 || !done; n++) {
    t.equal(await curl('--max-time', '60'), 'welcome', 'during the flood')
    served++
  }
  t.equal((await flood.ended).code, 0)
  const reached = (await opened()) - before
  t.ok(
    reached < served * 20,
    `${served} requests, and ${reached} segments reached the server of a flood of ${FLOOD}`,
  )
  t.equal(await curl('--interface', '10.77.0.66', '--max-time', '3'), '', 'a source on the list')
  const { dropped, lost } = await stop(t, program)
  const full = lost.rx_ring_full // where this machine gave the program no time
  t.ok(dropped + full >= FLOOD, `${dropped} were dropped, and ${full} found a full ring`)
})

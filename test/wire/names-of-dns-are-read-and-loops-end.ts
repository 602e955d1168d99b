// A compressed name is read as text; a pointer that does not lead back, a name that is too long or leaves the packet
// gives null.
import { dns, dnsQuestion, dnsRecord, locate, OVERRUN } from 'rxburst/wire'
import t from 'tap'
import { ipv4, udp } from '../fixtures/wire.js'

const HEADER = '1234 8180 0001 0001 0000 0000'
const label = (text: string) =>
  `${text.length.toString(16).padStart(2, '0')}${Buffer.from(text).toString('hex')}`
const message = (rest: string) => ipv4(17, udp(53, HEADER + rest))

t.test('a question and an answer', async (t) => {
  const p = message(
    `${label('www')}${label('Example')}${label('org')}00 001c 0001 c010 0005 0001 0000003c 0006 ${label('cdn')}c010`,
  )
  const at = locate(p)
  const first = dns.firstName(p, at)
  t.equal(dns.name(p, at, first), 'www.Example.org')
  const question = dns.nameEnd(p, at, first)
  t.same([dnsQuestion.type(p, at, question), dnsQuestion.questionClass(p, at, question)], [28, 1])
  const answer = question + dnsQuestion.BYTES
  t.equal(dns.name(p, at, answer), 'Example.org', 'a pointer')
  const record = dns.nameEnd(p, at, answer)
  t.same(
    [dnsRecord.type(p, at, record), dnsRecord.timeToLive(p, at, record), dnsRecord.dataLength(p, at, record)],
    [5, 60, 6],
  )
  t.equal(dns.name(p, at, record + dnsRecord.BYTES), 'cdn.Example.org', 'labels, then a pointer')
})

t.test('odd names', async (t) => {
  const nameOf = (rest: string) => {
    const p = message(rest)
    return dns.name(p, locate(p), dns.firstName(p, locate(p)))
  }
  t.equal(nameOf('00'), '.', 'the root')
  t.equal(nameOf('03612e62 00'), 'a\\.b', 'a dot inside a label')
  t.equal(nameOf('0300ff5c 00'), '\\000\\255\\\\', 'bytes that do not print')
  t.equal(nameOf('c00c'), null, 'a pointer to itself')
  t.equal(nameOf('0161 c00c'), null, 'a loop over a label')
  t.equal(nameOf('c00e c00c'), null, 'two pointers in a circle')
  t.equal(nameOf('c0ff'), null, 'a pointer behind the packet')
  t.equal(nameOf('4061'), null, 'a label of an unknown type')
  t.equal(nameOf('3f61'), null, 'a label that leaves the packet')
  t.equal(nameOf(`${'0161'.repeat(126)}00`)?.length, 251, '253 bytes are a name')
  t.equal(nameOf(`${'0161'.repeat(128)}00`), null, '257 bytes are none')
  t.equal(nameOf(`${'0161'.repeat(127)}00`)?.length, 253, '255 bytes are the most (RFC 1035 section 2.3.4)')
  t.equal(nameOf(`026161 ${'0161'.repeat(126)}00`), null, '256 are too many')
  const half = message('0161 c0')
  t.equal(dns.nameEnd(half, locate(half), dns.firstName(half, locate(half))), OVERRUN, 'half a pointer')
  const p = message('3f61')
  t.equal(dns.nameEnd(p, locate(p), dns.firstName(p, locate(p))), OVERRUN)
  const long = message('0161'.repeat(200))
  t.equal(dns.nameEnd(long, locate(long), dns.firstName(long, locate(long))), OVERRUN)
})

t.test('many pointers, each a little back, are followed to their end in bounded time', async (t) => {
  let rest = '00'
  for (let n = 0; n < 8000; n++) rest += (0xc000 + 12 + (n === 0 ? 0 : 1 + 2 * (n - 1))).toString(16)
  const p = message(rest)
  t.equal(dns.name(p, locate(p), p.length - 2), '.')
})

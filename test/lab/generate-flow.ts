// A flow is read as a person types it, and its frame carries right headers.
import t from 'tap'
import { buildFrame, formatFlow, parseFlow } from '../../dist/lib/generate/flow.js'

t.test('every part is read, and written back the same', async (t) => {
  for (const text of ['udp 10.77.0.1:1024-2047 > 10.77.0.2:4321', 'udp 10.77.0.1:7 > 10.77.0.2:9'])
    t.equal(formatFlow(parseFlow(text)), text)
  t.same(parseFlow('udp > 10.0.0.1:5'), {
    from: undefined,
    fromPorts: [1024, 1024],
    to: '10.0.0.1',
    toPort: 5,
  })
})

t.test('what is wrong is named', async (t) => {
  for (const [text, named] of [
    ['tcp 1.2.3.4:1 > 1.2.3.4:2', /not 'tcp/],
    ['udp 1.2.3.400:1 > 1.2.3.4:2', /1\.2\.3\.400/],
    ['udp 1.2.3:1 > 1.2.3.4:2', /'1\.2\.3' is not an IPv4 address/],
    ['udp :9-8 > 1.2.3.4:2', /9-8/],
    ['udp > 1.2.3.4:65536', /65536/],
    ['udp > 1.2.3.4', /not 'udp/],
  ] as const)
    t.throws(() => parseFlow(text), { code: 'ERR_BAD_OPTION', message: named })
})

t.test('the frame is one that any IPv4 host takes', async (t) => {
  const flow = { ...parseFlow('udp :1000 > 10.0.0.2:4321'), from: '10.0.0.1' }
  const frame = buildFrame(flow, '02:00:00:00:00:01', '02:00:00:00:00:02', 60)
  const bytes = Buffer.from(frame)
  t.equal(bytes.subarray(0, 14).toString('hex'), '020000000002020000000001' + '0800')
  t.equal(bytes.readUInt16BE(16), 46, 'IPv4 length')
  let sum = 0
  for (let at = 14; at < 34; at += 2) sum += bytes.readUInt16BE(at)
  t.equal((sum & 0xffff) + (sum >>> 16), 0xffff, 'a right header sums to all ones (RFC 1071)')
  t.same([bytes.readUInt16BE(34), bytes.readUInt16BE(36), bytes.readUInt16BE(38)], [1000, 4321, 26])
})

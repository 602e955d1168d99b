// examples/11-dns.ts answers dig with addresses and errors, and dnsperf with an answer for each question.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ended } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { example, stop } from '../fixtures/programs/examples.js'
import { on } from '../fixtures/traffic/hosts.js'

t.test('in a lab', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const names = { 'www.example': '192.0.2.80', 'a-longer-name.of.many.labels.example': '203.0.113.255' }
  const port = `afxdp:${lab.hosts[0].near}`
  const program = await example(t, '11-dns.ts', [port], { address: '10.77.0.9', names })
  const left = (...command: string[]) => ended(t, ...on(lab, 'left', command))
  const dig = async (...question: string[]) => {
    const { code, stdout } = await left('dig', '@10.77.0.9', '+timeout=10', '+tries=3', ...question)
    t.equal(code, 0, stdout)
    t.notMatch(stdout, /WARNING|malformed|mismatch/i, 'dig finds nothing wrong')
    return stdout
  }

  for (const [name, address] of Object.entries(names)) {
    t.equal(await dig('+short', name), `${address}\n`, name)
    t.equal(await dig('+short', name.toUpperCase()), `${address}\n`, 'in capitals')
    t.equal(await dig('+short', '+noedns', name), `${address}\n`, 'without EDNS')
  }
  t.match(
    await dig('+norecurse', 'www.example'),
    /status: NOERROR.*\n;; flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0/,
  )
  t.match(await dig('+norecurse', 'www.example'), /\nwww\.example\.\s+300\s+IN\s+A\s+192\.0\.2\.80\n/)
  t.match(
    await dig('+norecurse', 'nobody.example'),
    /status: NXDOMAIN.*\n;; flags: qr aa; QUERY: 1, ANSWER: 0,/,
  )
  t.match(
    await dig('+norecurse', 'www.example', 'AAAA'),
    /status: NOERROR.*\n;; flags: qr aa; QUERY: 1, ANSWER: 0,/,
  )

  const file = join(t.testdir({}), 'questions')
  writeFileSync(
    file,
    'www.example A\nnobody.example A\na-longer-name.of.many.labels.example A\nwww.example AAAA\n',
  )
  const perf = ['-s', '10.77.0.9', '-d', file, '-n', '500', '-c', '4', '-q', '20', '-t', '30']
  const { stdout, stderr } = await left('dnsperf', ...perf)
  t.match(stdout, /Queries sent: +2000\n +Queries completed: +2000 \(100\.00%\)/, stderr)
  t.match(stdout, /Response codes: +NOERROR 1500 \(75\.00%\), NXDOMAIN 500 \(25\.00%\)/)
  const { tx, rejected } = await stop(t, program)
  t.ok(tx > 2000)
  t.equal(rejected, 0)
})

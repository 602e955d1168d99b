import t from 'tap'
import { bin, rxburst, start } from '../fixtures/child.js'
import { processor } from '../fixtures/plane.js'

const source = `
  import { tx } from 'rxburst'
  export default ({ alloc, onTurn }) => {
    let sent = 0
    onTurn(() => { for (; sent < 32; sent++) alloc(100).send(0) })
    return (burst) => burst.setAll(tx(0))
  }`

t.test('--stats prints rates also when nobody sits at a terminal', async (t) => {
  const args = [bin, 'run', processor(t, source).pathname, 'loop:a', '--stats', '0.2', '--json']
  const program = start(t, process.execPath, args)
  await program.says('ready')
  const line = /^ +\d+ s +rx +[\d.]+ ?[kMG]?pps +tx +[\d.]+ ?[kMG]?pps .*rejected/gm
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if ((program.stderr.match(line)?.length ?? 0) < 2 && program.process.exitCode === null) return
      clearInterval(timer)
      resolve()
    }, 20)
  })
  program.process.kill('SIGTERM')
  const { code, stdout, stderr } = await program.ended
  t.equal(code, 0, stderr)
  t.ok((stderr.match(line)?.length ?? 0) >= 2, stderr)
  t.match(stdout, /^\{[^\n]*\}\n$/, 'stdout has the result only')
  t.match(await rxburst(t, 'drop', 'loop:a', '--stats', 'often'), { code: 1, stderr: /number of seconds/ })
})

t.test('without it stderr says `ready` and no more', async (t) => {
  const { stderr } = await rxburst(t, 'drop', 'loop:a', '--duration', '1.2')
  t.equal(stderr, 'ready\n')
})

t.test('--columns are those of run()', async (t) => {
  const wrong = await rxburst(t, 'drop', 'loop:a', '--columns', 'hash,vlan')
  t.match(wrong, { code: 1, stderr: /loop:a can't fill the column 'hash'.*\[ERR_NOT_SUPPORTED\]/ })
  t.match(await rxburst(t, 'drop', 'loop:a', '--columns', 'hsah'), { code: 1, stderr: /no column 'hsah'/ })
})

import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { processor } from '../fixtures/plane.js'

t.test('refusals', async (t) => {
  const refused: [string[], RegExp][] = [
    [[], /Usage: rxburst/],
    [['nope'], /unknown command 'nope'/],
    [['drop'], /missing required argument 'port'[\s\S]*--help shows examples/],
    [['drop', 'loop:a', '--brust', '3'], /--burst/],
    [['drop', 'loop:a', '--burst', '300'], /1 to 256.*\[ERR_BAD_OPTION\]/],
    [['drop', 'loop:a', '--duration', 'long'], /seconds/],
    [['drop', 'loop:a', '--duration', '-1'], /seconds/],
    [['drop', 'loop:a', '--idle', 'lazy'], /spin, adaptive, wait/],
    [['drop', 'loop:a', '--queues', 'some'], /list of numbers/],
    [['drop', 'loop:a', '--queues', '99'], /0 to 63.*\[ERR_BAD_OPTION\]/],
    [['drop', 'loop:a', '--cpus', '0,1'], /no queue for CPU 1/],
    [['drop', 'loop:a', '--cpus', '999'], /\[ERR_BAD_ARGUMENT\]/],
    [['drop', 'loop:a', '--opt', 'ring'], /key=value/],
    [['drop', 'loop:a', '--opt', 'ring=64'], /no option 'ring'.*\[ERR_BAD_OPTION\]/],
    [['drop', 'loop:a', '--frames', '10'], /256 to/],
    [['drop', 'loop:a', '--frame-size', '1500'], /2048 or 4096/],
    [['drop', 'loop'], /\[ERR_BAD_PORT_NAME\]/],
    [['drop', 'afxdp:no-such-if', '--take-all'], /no-such-if.*ip link.*\[ERR_NO_INTERFACE\]/],
    [['l2fwd', 'loop:a'], /missing required argument 'other'/],
    [['l2fwd', 'loop:a', 'loop:a'], /\[ERR_PORT_OPEN\]/],
    [['l2fwd', 'loop:a', 'loop:b', '--mode', 'swap'], /io, mac, macswap/],
    [['run', 'nowhere.ts', 'loop:a'], /no file .*nowhere\.ts \[ERR_PROCESSOR\]/],
    [['run', 'test/fixtures/traffic/odd.mjs'], /missing required argument 'ports'/],
    [['run', 'test/fixtures/traffic/odd.mjs', 'loop:a', '--data', '{'], /--data is JSON/],
  ]
  const attempt = async ([args, words]: [string[], RegExp]) => {
    const { code, stdout, stderr } = await rxburst(t, ...args)
    t.equal(code, 1, `rxburst ${args.join(' ')}`)
    t.match(stderr, words)
    t.equal(stdout, '', 'nothing on stdout')
  }
  while (refused.length) await Promise.all(refused.splice(0, 4).map(attempt))
})

t.test('an error in the middle of a run is told after the summary', async (t) => {
  const file = processor(
    t,
    `export default ({ alloc, onTurn }) => {
       let sent = 0
       onTurn(() => { for (; sent < 5; sent++) alloc().send(0) })
       return () => { throw new RangeError('too much') }
     }`,
  )
  const { code, stdout, stderr } = await rxburst(t, 'run', file.pathname, 'loop:a', '--json')
  t.equal(code, 1)
  t.match(
    stderr,
    /^ready\nrxburst: .*threw RangeError: too much \[ERR_PROCESSOR\]\nRangeError: too much\n.*processor-1\.mjs:4/,
  )
  const json = JSON.parse(stdout)
  t.equal(json.rx + json.fresh, json.tx + json.dropped + json.passed + json.rejected + json.kept)
})

t.test('help has examples', async (t) => {
  for (const command of [[], ['run'], ['drop'], ['l2fwd']]) {
    const { code, stdout } = await rxburst(t, ...command, '--help')
    t.equal(code, 0)
    t.match(stdout, /Examples:\n {2}\$ npx rxburst/)
  }
  t.match(await rxburst(t, '--version'), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ })
})

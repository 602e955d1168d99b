import { spawnSync } from 'node:child_process'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'

t.test('refusals come before anything is touched', async (t) => {
  const refused: [string[], RegExp][] = [
    [['--duration', '0'], /duration is a number of seconds above 0/],
    [['--duration', 'long'], /duration is a number of seconds above 0/],
    [['recieve'], /no scenario 'recieve'; did you mean 'receive'\?.*\[ERR_BAD_OPTION\]/],
    [['--dev', 'no-such-if', 'receive'], /'no-such-if'.*ip link.*\[ERR_NO_INTERFACE\]/],
    [['--dev', 'lo', 'null'], /null takes no interface of yours.*\[ERR_BAD_OPTION\]/],
    [['null', '--report', '/nowhere/report.html'], /--report.*nowhere/],
  ]
  for (const [args, words] of refused) {
    const { code, stdout, stderr } = await rxburst(t, 'bench', ...args)
    t.equal(code, 1, `rxburst bench ${args.join(' ')}`)
    t.match(stderr, words)
    t.equal(stdout, '', 'nothing on stdout')
  }
})

const route = spawnSync('ip', ['-j', 'route', 'show', 'default'], { encoding: 'utf8' }).stdout
const dev = route?.trim() ? (JSON.parse(route) as { dev?: string }[])[0]?.dev : undefined
t.test(
  'the default route’s interface',
  { skip: dev ? false : 'there is no default route here' },
  async (t) => {
    const { code, stderr } = await rxburst(t, 'bench', 'receive', '--dev', dev!)
    t.equal(code, 1)
    t.match(stderr, new RegExp(`${dev} carries the default route.*--yes-really`))
  },
)

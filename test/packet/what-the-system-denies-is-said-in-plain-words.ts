import t, { type Test } from 'tap'
import { ended, root } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'

interface Said {
  code?: string
  message: string
  ran?: boolean
  pages: string
  left: number
}

/** Runs fixtures/programs/try.mjs below a program that takes something away. */
async function attempt(t: Test, wrapper: string[], what: object): Promise<Said> {
  const [program, ...args] = [
    ...wrapper,
    process.execPath,
    `${root}test/fixtures/programs/try.mjs`,
    JSON.stringify(what),
  ]
  const { stdout, stderr } = await ended(t, program, args)
  t.equal(stderr, '')
  return JSON.parse(stdout)
}

const without = (...capabilities: string[]) => {
  const list = capabilities.map((name) => `-${name}`).join(',')
  return ['setpriv', `--bounding-set=${list}`, `--inh-caps=${list}`]
}

t.test('capabilities and limits', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const what = { name: `afxdp:${lab.hosts[0].near}`, options: { takeAll: true } }
  t.match(await attempt(t, ['env'], what), { ran: true, left: 0 }, 'nothing is denied')
  for (const missing of ['net_raw', 'net_admin', 'bpf', 'all']) {
    const denied = missing === 'all' ? ['all'] : [missing, 'sys_admin'] // which stands in for most others
    const said = await attempt(t, without(...denied), what)
    t.match(
      said,
      { code: 'ERR_NO_CAPABILITY', message: /CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF/, left: 0 },
      missing,
    )
  }
  const small = ['prlimit', '--memlock=1048576', '--']
  const said = await attempt(t, [...small, ...without('ipc_lock')], what)
  t.match(said, { code: 'ERR_MEMLOCK', message: /32 MiB.*ulimit -l/, left: 0 }, 'memlock too small')
  const few = { ...what, arena: { frames: 256 } }
  t.match(await attempt(t, [...small, ...without('ipc_lock')], few), { ran: true }, 'or fewer frames')
})

t.test('a loop port needs no privilege', { skip: noLab }, async (t) => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  t.match(await attempt(t, nobody, { name: 'loop:a' }), { ran: true })
})

t.test('hugepages', async (t) => {
  const what = { name: 'loop:a', options: { require: { hugepages: true } } }
  const none = await attempt(t, ['env'], { ...what, arena: { hugepages: false } })
  t.match(none, { code: 'ERR_REQUIRE', message: /hugepages were required.*sysctl -w vm\.nr_hugepages=\d+/ })
  t.match(none.message, /lies on (thp|4K) pages/)
  const fallback = await attempt(t, ['env'], { name: 'loop:a', arena: { hugepages: false } })
  t.match(fallback, { ran: true, pages: /thp|4K/ }, 'without `require` it says which pages it got')
})

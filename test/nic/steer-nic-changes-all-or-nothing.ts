// The NIC's rules change in one step: what can't be had whole leaves the NIC as it was, and what somebody else wrote
// stays.
import { chownSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { noLab, testLab } from '../fixtures/lab.js'
import { FakeNic } from '../fixtures/nic/fake-nic.js'

const lib = (name: string) => new URL(`../../dist/lib/${name}.js`, import.meta.url).href

class Bench extends FakeNic {
  constructor(t: Test) {
    super(t, '', testLab(t, { queues: 4 }).hosts[0].near)
  }
  get journal() {
    return this.env.RXBURST_JOURNAL!
  }
  /** Runs statements with a journal and rules by name; what they return, and the NIC's rules afterwards. */
  run<T>(queues: number[], statements: string): T {
    return this.addon<T>(`await (async () => {
      const { Journal } = await import('${lib('steering/journal/log')}')
      const { NicSteering } = await import('${lib('steering/nic')}')
      const journal = new Journal('${this.name}')
      const nic = new NicSteering('${this.name}', ${JSON.stringify(queues)}, 4, journal)
      const rule = (expression) => ({ expression, filter: native.rules.compile(expression), action: 'steer', takesFragments: false })
      const tried = (work) => { try { work(); return 'done' } catch ({ code }) { return code } }
      const count = () => native.nic.flows('${this.name}').length
      const die = () => process.kill(process.pid, 'SIGKILL')
      ${statements}
    })()`)
  }
  repair() {
    return this.addon<{ repaired: object[]; failures: string[] }>(
      `(await import('${lib('steering/journal/leftovers')}')).repair()`,
    )
  }
  rules = () => this.addon<number>(`native.nic.flows('${this.name}').length`)
  tables = () => this.addon<number[]>(`[...new Set(native.nic.rss('${this.name}'))]`)
}

t.test('a NIC', { skip: noLab }, async (t) => {
  await t.test('a table with too little room', async (t) => {
    const nic = new Bench(t)
    nic.addon(
      `Array.from({ length: 62 }, () => native.nic.addFlow({ interface: '${nic.name}', key: native.nic.flowMatches({ filter: native.rules.compile('ip proto 50'), takesFragments: false }).matches[0] }))`,
    )
    const said = nic.run<unknown[]>(
      [3],
      `const one = rule('ip and udp dst port 1')
       const first = tried(() => nic.admit([one]))
       nic.retain([one])
       const second = tried(() => nic.admit([one, rule('udp dst port 2')]))
       const left = count()
       journal.close()
       return [first, second, left, count()]`,
    )
    t.same(said, ['done', 'ERR_STEER_QUEUES', 63, 62], 'a rule that fits by half is not there at all')
  })

  await t.test('a rule replaced by one for which the NIC needs the same', async (t) => {
    const nic = new Bench(t)
    nic.requests()
    const layers = nic.run<{ nic: string[] }>(
      [3],
      `const one = rule('ip and udp dst port 1'), other = rule('ip and udp dst port 1 or (ip and udp dst port 1 and ip[8] = 1)')
       nic.admit([one]); nic.retain([one])
       nic.admit([other]); nic.retain([other])
       const layers = nic.layersOf(other)
       return layers`,
    )
    t.same(layers.nic, ['udp4 dst-port 1 -> queue 3'])
    const inserted = nic.requests().filter((request) => request.startsWith('32000000'))
    t.equal(inserted.length, 1, 'is no change of the NIC')
  })

  await t.test('a queue that nothing would feed any more', async (t) => {
    const nic = new Bench(t)
    const said = nic.run<unknown[]>(
      [2, 3],
      `const [a, b, c] = [1, 2, 3].map((port) => rule('ip and udp dst port ' + port))
       nic.admit([a, b]); nic.retain([a, b])
       const starved = tried(() => nic.admit([a]))
       const left = count()
       nic.admit([a, c]); nic.retain([a, c])
       const text = [a, c].flatMap((each) => nic.layersOf(each).nic)
       journal.close()
       return [starved, left, text, count()]`,
    )
    t.same(said, ['ERR_STEER_QUEUES', 2, ['udp4 dst-port 1 -> queue 2', 'udp4 dst-port 3 -> queue 3'], 0])
  })

  await t.test("somebody else's rule that is equal to ours", async (t) => {
    const nic = new Bench(t)
    nic.ethtool('-N', nic.name, 'flow-type', 'udp4', 'dst-port', '1', 'action', '3')
    for (const when of ['return {}', 'return { location: native.nic.addFlow(flow) }']) {
      t.throws(() =>
        nic.run(
          [3],
          `const [match] = native.nic.flowMatches({ filter: native.rules.compile('ip and udp dst port 1'), takesFragments: false }).matches
           const flow = { interface: '${nic.name}', key: native.nic.flowRule({ match, queue: 3 }).key }
           journal.record({ kind: 'rule', rule: flow.key, queue: 3, location: null, others: native.nic.flowPlaces(flow) }, () => { die(); ${when} })`,
        ),
      )
      t.match(nic.repair(), { failures: [] })
      t.equal(nic.rules(), 1, 'stays')
    }
    t.throws(() => nic.run([3], `nic.admit([rule('ip and udp dst port 1')]); die()`))
    t.equal(nic.rules(), 2)
    t.match(nic.repair(), { failures: [] })
    t.equal(nic.rules(), 1, 'ours goes')
  })

  await t.test('a journal of many changes', async (t) => {
    const nic = new Bench(t)
    t.throws(() =>
      nic.run(
        [3],
        `for (let port = 1; port < 500; port++) { const one = rule('ip and udp dst port ' + port); nic.admit([one]); nic.retain([one]) }
         die()`,
      ),
    )
    const [name] = readdirSync(nic.journal)
    const lines = readFileSync(join(nic.journal, name), 'utf8').split('\n').length
    t.ok(lines < 1100, `${lines} lines: it is begun anew now and then`)
    t.equal(nic.rules(), 1)
    t.match(nic.repair(), { failures: [] })
    t.equal(nic.rules(), 0, 'and says all there is to undo')
    t.same(readdirSync(nic.journal), [])
  })

  await t.test('a journal that another user wrote', async (t) => {
    const nic = new Bench(t)
    t.throws(() => nic.run([3], `nic.admit([rule('udp')]); die()`))
    const [name] = readdirSync(nic.journal)
    const file = join(nic.journal, name)
    const NOBODY = 65534
    chownSync(file, NOBODY, NOBODY)
    t.match(nic.repair(), { repaired: [], failures: [] }, 'is not believed')
    t.same(nic.tables(), [0, 1, 2])
    chownSync(file, 0, 0)
    chownSync(nic.journal, NOBODY, NOBODY)
    t.match(nic.repair(), { repaired: [], failures: [] }, 'nor one in a folder of theirs')
    chownSync(nic.journal, 0, 0)
    t.match(nic.repair(), { failures: [] })
    t.same(nic.tables(), [0, 1, 2, 3])
  })
})

// Rules are data, and a target puts them in force: all at once, knowing those before. If it refuses, the rules stay
// what they were.
import t from 'tap'
import { Steering } from '../../dist/lib/steering/rules.js'
import { type RuleSet, type RuleSpec, readRules } from '../../dist/lib/steering/spec.js'
import type { RuleTarget } from '../../dist/lib/steering/target.js'

// Only open() makes one, so its declaration has no constructor.
const Made = Steering as unknown as new (rules: RuleSet, target: RuleTarget) => Steering
const text = (specs: readonly RuleSpec[]) => specs.map(({ action, expression }) => `${action} ${expression}`)

class Recorder implements RuleTarget {
  readonly flowRules = undefined
  readonly software = 'a test'
  readonly port = 'loop:a'
  readonly calls: string[][][] = []
  refuses = false
  check() {}
  set(next: readonly RuleSpec[], before: readonly RuleSpec[]) {
    if (this.refuses) throw new Error('no')
    this.calls.push([text(next), text(before)])
    return next
  }
  count = ({ slot }: RuleSpec) => ({ packets: slot, bytes: 0, elsewhere: 0 })
  layersOf = () => ({ nic: ['a rule'], why: '' })
  renew() {}
  close() {}
}

t.test('a target', async (t) => {
  const target = new Recorder()
  const steering = new Made(readRules(['udp', 'tcp'], 'arp', undefined), target)
  const [arp, udp, tcp] = steering.rules
  t.same([arp.action, udp.expression, tcp.expression], ['pass', 'udp', 'tcp'])
  t.same(target.calls, [], 'the rules that a port is opened with are in force already')
  t.same(
    steering.layers.map(({ nic, software }) => [nic, software]),
    [
      [[], 'a test'],
      [['a rule'], 'a test'],
      [['a rule'], 'a test'],
    ],
  )

  const set = await steering.set({ steer: ['tcp', 'icmp'] })
  t.same(target.calls.splice(0), [
    [
      ['steer tcp', 'steer icmp'],
      ['pass arp', 'steer udp', 'steer tcp'],
    ],
  ])
  t.equal(set[0], tcp, 'a rule that stays is the same object')
  t.equal(tcp.counters.packets, 2, 'and keeps its slot')
  t.throws(() => udp.counters, { code: 'ERR_BAD_ARGUMENT' }, 'one that went is none any more')

  const again = await steering.replace(tcp, 'tcp')
  t.not(again, tcp, 'a rule that takes the place of an equal one is another')
  t.equal(again.counters.packets, 4, 'with counts of its own')

  target.refuses = true
  const before = steering.rules
  await t.rejects(steering.add('ip6'), { message: 'no' })
  t.same(steering.rules, before)
  t.ok(steering.rules.every((rule, i) => rule === before[i]))
})

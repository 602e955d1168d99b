// A filter becomes the same n-tuple rule that a person would type to ethtool(8): the ioctl's bytes are equal.
import t from 'tap'
import { FakeNic } from '../fixtures/nic/fake-nic.js'

// struct ethtool_rxnfc: the command, then (at byte 16) the rule of 168 bytes; what lies around it ethtool leaves
// uninitialised.
const ruleOf = (request: string) => `${request.slice(0, 8)} ${request.slice(32, 32 + 336)}`

const cases: [expression: string, ethtool: string][] = []
for (const [family, type] of [
  ['ip', '4'],
  ['ip6', '6'],
] as const) {
  const [host, net, mask] =
    type === '4'
      ? ['10.1.2.3', '10.1.0.0/16', '10.1.0.0 m 0.0.255.255']
      : ['fe80::7', '2001:db8::/32', '2001:db8:: m ::ffff:ffff:ffff:ffff:ffff:ffff']
  for (const protocol of ['tcp', 'udp', 'sctp']) {
    const number = { tcp: 6, udp: 17, sctp: 132 }[protocol]
    const flow = `flow-type ${protocol}${type}`
    const only = `${family} and ${family} proto ${number}`
    cases.push([only, flow])
    for (const side of ['src', 'dst']) {
      cases.push([`${family} and ${protocol} ${side} port 4321`, `${flow} ${side}-port 4321`])
      cases.push([`${only} and ${family} ${side} host ${host}`, `${flow} ${side}-ip ${host}`])
      cases.push([
        `${only} and ${family} ${side} net ${net}`,
        `${flow} ${side}-ip ${mask.replace('2001:db8:: m ::', '2001:db8:: m 0:0:')}`,
      ])
      const at = side === 'src' ? 0 : 2
      const word = type === '4' ? `${protocol}[${at}:2]` : `ip6[${40 + at}:2]`
      cases.push([`${only} and ${word} & 0xff00 = 0x1200`, `${flow} ${side}-port 0x1200 m 0xff`])
    }
    cases.push([
      `${only} and ${family} src host ${host} and ${family} dst host ${host} and src port 1 and dst port 2`,
      `${flow} src-ip ${host} dst-ip ${host} src-port 1 dst-port 2`,
    ])
  }
  cases.push([`${family} src host ${host}`, `flow-type ip${type} src-ip ${host}`])
  cases.push([`${family} proto 50`, `flow-type ip${type} l4proto 50`])
}

for (const [driver, lacks] of [
  ['a driver that wants a place for the rule', ''],
  ['a driver that chooses the place', 'manager'],
])
  t.test(driver, async (t) => {
    const nic = new FakeNic(t, lacks)
    const theirs = cases.map(([, words]) => {
      const said = nic.ethtool('-N', nic.name, ...words.split(' '), 'action', '3')
      nic.ethtool('-N', nic.name, 'delete', /ID (\d+)/.exec(said)![1])
      return ruleOf(nic.requests()[0])
    })
    const counts = nic.addon<number[]>(`${JSON.stringify(cases)}.map(([expression]) => {
      const { matches, why } = native.nic.flowMatches({ filter: native.rules.compile(expression), takesFragments: false })
      if (why) throw new Error(expression + ': ' + why)
      const flow = { interface: '${nic.name}', key: native.nic.flowRule({ match: matches[0], queue: 3 }).key }
      const place = native.nic.addFlow(flow)
      native.nic.removeFlow({ ...flow, place })
      return matches.length
    })`)
    const ours = nic
      .requests()
      .filter((_, i) => i % 2 === 0)
      .map(ruleOf)
    cases.forEach(([expression, words], i) => {
      t.equal(ours[i], theirs[i], `${expression} = ethtool -N ${words}`)
      t.equal(counts[i], 1, 'one rule says it')
    })
  })

t.test('both families are two rules', async (t) => {
  const nic = new FakeNic(t)
  t.equal(
    nic.addon(
      `native.nic.flowMatches({ filter: native.rules.compile('udp dst port 4321'), takesFragments: false }).matches.length`,
    ),
    2,
  )
})

t.test('what a NIC cannot say is said', async (t) => {
  const nic = new FakeNic(t)
  t.match(
    nic.addon(`native.nic.flowMatches({ filter: native.rules.compile('arp'), takesFragments: false }).why`),
    /other than IPv4 and IPv6/,
  )
  t.match(
    nic.addon(`native.nic.flowMatches({ filter: native.rules.compile('ip'), takesFragments: false }).why`),
    /every address and protocol/,
  )
  t.equal(
    nic.addon(
      `native.nic.flowMatches({ filter: native.rules.compile('arp'), takesFragments: false }).matches.length`,
    ),
    0,
  )
  t.match(
    nic.addon(
      `native.nic.flowMatches({ filter: native.rules.compile('udp port 53'), takesFragments: true }).why`,
    ),
    /fragments too/,
  )
  t.equal(
    nic.addon(
      `native.nic.flowMatches({ filter: native.rules.compile('udp port 53'), takesFragments: true }).matches.length`,
    ),
    0,
  )
  t.same(
    nic.addon(
      `native.nic.flowMatches({ filter: native.rules.compile('udp port 53 and dst host 10.0.0.2'), takesFragments: true }).matches`,
    ),
    nic.addon(
      `native.nic.flowMatches({ filter: native.rules.compile('ip dst host 10.0.0.2'), takesFragments: false }).matches`,
    ),
    'a rule that takes fragments goes by addresses',
  )
})

t.test('a driver without n-tuple rules answers EOPNOTSUPP', async (t) => {
  const nic = new FakeNic(t, 'ntuple')
  t.throws(
    () =>
      nic.addon(
        `native.nic.addFlow({ interface: '${nic.name}', key: native.nic.flowMatches({ filter: native.rules.compile('udp'), takesFragments: false }).matches[0] })`,
      ),
    {
      code: 'ERR_NOT_SUPPORTED',
      message: /EOPNOTSUPP/,
    },
  )
})

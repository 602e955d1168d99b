// A filter becomes the same rte_flow rule that a person would type to dpdk-testpmd: the bytes of patterns and masks are
// equal.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { FakeFlow } from '../fixtures/nic/fake-flow.js'

const noTestpmd =
  spawnSync('dpdk-testpmd', ['--version']).error && 'there is no dpdk-testpmd: apt-get install dpdk-dev'

const cases: [expression: string, pattern: string][] = []
for (const [family, host, net] of [
  ['ip', '10.1.2.3', ['10.1.0.0/16', '10.1.0.0', '255.255.0.0']],
  ['ip6', 'fe80::7', ['2001:db8::/32', '2001:db8::', 'ffff:ffff::']],
] as const) {
  const item = family === 'ip' ? 'ipv4' : 'ipv6'
  const all = family === 'ip' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
  const is = (side: string) => `${side} spec ${host} ${side} mask ${all}`
  for (const [protocol, number] of Object.entries({ tcp: 6, udp: 17, sctp: 132 })) {
    const only = `${family} and ${family} proto ${number}`
    cases.push([only, `eth / ${item} / ${protocol}`])
    for (const side of ['src', 'dst']) {
      const at = side === 'src' ? 0 : 2
      const word = family === 'ip' ? `${protocol}[${at}:2]` : `ip6[${40 + at}:2]`
      cases.push(
        [`${family} and ${protocol} ${side} port 4321`, `eth / ${item} / ${protocol} ${side} is 4321`],
        [`${only} and ${family} ${side} host ${host}`, `eth / ${item} ${is(side)} / ${protocol}`],
        [
          `${only} and ${family} ${side} net ${net[0]}`,
          `eth / ${item} ${side} spec ${net[1]} ${side} mask ${net[2]} / ${protocol}`,
        ],
        [
          `${only} and ${word} & 0xff00 = 0x1200`,
          `eth / ${item} / ${protocol} ${side} spec 0x1200 ${side} mask 0xff00`,
        ],
      )
    }
    cases.push([
      `${only} and ${family} src host ${host} and ${family} dst host ${host} and src port 1 and dst port 2`,
      `eth / ${item} ${is('src')} ${is('dst')} / ${protocol} src is 1 dst is 2`,
    ])
  }
  cases.push([`${family} src host ${host}`, `eth / ${item} ${is('src')}`])
  cases.push([`${family} proto 50`, `eth / ${item} proto is 50`])
}

t.test('rules', { skip: withoutDpdk || noTestpmd }, async (t) => {
  const nic = new FakeFlow(t)
  for (const [queues, actions] of [
    [[1], 'queue index 1'],
    [[0, 1], 'rss queues 0 1 end'],
  ] as const) {
    const theirs = nic.testpmd(
      cases.map(([, pattern]) => `pattern ${pattern} / end actions ${actions} / end`),
    )
    const texts = nic.run<string[]>(`
      const port = await open('dpdk:net_null0', { queues: ${JSON.stringify(queues)}, steer: 'ip proto 253', isolated: true })
      const plane = await start(port)
      const shown = []
      for (const expression of ${JSON.stringify(cases.map(([expression]) => expression))}) {
        await port.steer.set({ steer: [expression] })
        shown.push(...texts(port))
      }
      await plane.stop()
      await port.close()
      return shown`)
    const requests = nic.requests()
    const asked = (what: string) =>
      requests.filter((line) => line.startsWith(what)).map((line) => line.replace(/^\w+ (\d+ )?/, ''))
    const ours = asked('create').slice(1) // the one it was opened with
    const validated = asked('validate').filter((line) => !line.includes('drop')) // open() asks whether there are rules
    t.same(validated.slice(1), ours, 'each is validated first')
    t.equal(texts.length, cases.length, 'one rule says each')
    const again = nic.testpmd(texts)
    for (const [i, [expression, pattern]] of cases.entries()) {
      const bytes = theirs[i].replace(/^create \d+ /, '')
      t.equal(ours[i], bytes, `${expression} = ${pattern}`)
      t.equal(again[i].replace(/^create \d+ /, ''), bytes, `and it is shown as ${texts[i]}`)
    }
  }
})

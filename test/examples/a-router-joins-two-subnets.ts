// examples/09-router.ts routes between two subnets: real ping, iperf3 and traceroute of two hosts, whose only way to
// each other it is.
import t, { type Test } from 'tap'
import { bin, ended, type Started, start } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { on, ping, SILENCE } from '../fixtures/traffic/hosts.js'

const CONFIG = {
  addresses: ['10.1.0.1', '10.2.0.1'],
  routes: [
    { prefix: '10.1.0.0/24', port: 0 },
    { prefix: '10.2.0.0/24', port: 1 },
    { prefix: '10.3.0.0/16', port: 0, via: '10.1.0.2' },
    { prefix: '10.3.9.0/24', port: 1, via: '10.2.0.2' }, // the longer of the two: the right host has 10.3.9.9
  ],
}

const stop = async (t: Test, program: Started) => {
  program.process.kill('SIGINT')
  const { code, stdout, stderr } = await program.ended
  t.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

t.test('in a lab', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const [left, right] = lab.hosts.map(({ near }) => `afxdp:${near}`)
  const host = async (side: 'left' | 'right', script: string) => {
    const { code, stdout, stderr } = await ended(t, ...on(lab, side, ['sh', '-c', script]))
    t.equal(code, 0, `${script}: ${stderr}`)
    return stdout
  }
  // Of two subnets, each with the router as its only way out.
  for (const [side, net] of [
    ['left', 1],
    ['right', 2],
  ] as const)
    await host(
      side,
      `ip address flush dev eth0 && ip address add 10.${net}.0.2/24 dev eth0 && ip route add default via 10.${net}.0.1`,
    )
  await host('right', 'ip address add 10.3.9.9/32 dev lo')

  const args = ['run', 'examples/09-router.ts', left, right, '--take-all', '--json']
  const router = start(t, process.execPath, [bin, ...args, '--data', JSON.stringify(CONFIG)])
  await router.says('ready')

  await t.test('ping', async (t) => {
    t.equal(await ping(t, lab, 3, '10.2.0.2'), 3, 'none is lost, not even the one that ARP was asked for')
    t.equal(await ping(t, lab, 1, '10.1.0.1'), 1, 'the router answers on its near address')
    t.equal(await ping(t, lab, 1, '10.2.0.1'), 1, 'and on its far one')
    t.equal(await ping(t, lab, 1, '10.3.9.9'), 1, 'the longer prefix has its own next hop')
    t.match(await host('left', 'ping -c 1 -W 30 10.2.0.2'), 'ttl=63', 'TTL is one less')
    t.equal(await ping(t, lab, 1, '10.2.0.77', SILENCE), 0, 'nobody answers where nobody is')
  })

  await t.test('ICMP errors', async (t) => {
    const refused = await host('left', 'ping -c 1 -W 30 10.9.0.1 || true')
    t.match(refused, 'From 10.1.0.1 icmp_seq=1 Destination Net Unreachable')
    const expired = await host('left', 'ping -c 1 -t 1 -W 30 10.2.0.2 || true')
    t.match(expired, 'From 10.1.0.1 icmp_seq=1 Time to live exceeded')
  })

  await t.test('traceroute', async (t) => {
    for (const probes of ['', '-I', '-T -p 9']) {
      const lines = (await host('left', `traceroute -n -q 1 -w 30 -m 5 ${probes} 10.2.0.2`))
        .trim()
        .split('\n')
      const hops = lines.slice(1).map((line) => line.trim().split(/\s+/).slice(0, 2))
      t.same(
        hops,
        [
          ['1', '10.1.0.1'],
          ['2', '10.2.0.2'],
        ],
        `the router, then the host: traceroute ${probes}`,
      )
    }
  })

  await t.test('iperf3', async (t) => {
    const server = start(t, ...on(lab, 'right', ['iperf3', '-s', '-1', '--forceflush']))
    await server.prints(/Server listening/)
    const report = JSON.parse(await host('left', 'iperf3 -c 10.2.0.2 -n 20M -J'))
    const { sum_sent, sum_received } = report.end
    t.ok(sum_sent.bytes >= 20 * 2 ** 20, `TCP took ${sum_sent.bytes} bytes`)
    // What is on its way when the client ends is not in the server's sum.
    t.ok(sum_received.bytes > 10 * 2 ** 20, `and ${sum_received.bytes} arrived`)
    t.equal((await server.ended).code, 0)
  })

  t.match(await stop(t, router), { rejected: 0 })
})

// One flow comes to us, everything else stays with the kernel; rules change while packets flow, and each counts.
import { execFileSync, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { open, run } from '../../dist/lib/index.js'
import { onHost } from '../../dist/lib/lab/lab.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { until } from '../fixtures/plane.js'

const drop = new URL('../../dist/examples/01-drop.js', import.meta.url)

t.test('a bifurcated veth', { skip: noLab }, async (t) => {
  const lab = testLab(t, { bifurcated: true })
  const { near, near_address } = lab.hosts[0]
  const on = (...command: string[]) => {
    const [program, ...rest] = onHost('left', command, lab.lab)
    return execFileSync(program, rest, { encoding: 'utf8' })
  }
  const send = (port: number, count: number) =>
    on('bash', '-c', `for i in $(seq ${count}); do echo x > /dev/udp/10.77.0.2/${port}; done`)

  await t.rejects(open(`afxdp:${near}`, { queues: [1], steer: 'udp dst port 4321' }), {
    code: 'ERR_STEER_QUEUES',
    message: /EOPNOTSUPP.*external/,
  })
  const port = await open(`afxdp:${near}`, {
    queues: [1],
    steer: ['udp dst port 4321', 'udp dst port 4322'],
    pass: 'udp dst port 4399',
    steering: 'external',
  })
  t.teardown(() => port.close())
  t.same(
    port.capabilities.steering.map(({ expression, action, software }) => [expression, action, software]),
    [
      ['udp dst port 4399', 'pass', 'xdp'],
      ['udp dst port 4321', 'steer', 'xdp'],
      ['udp dst port 4322', 'steer', 'xdp'],
    ],
  )
  const plane = await run(drop, { workers: [{ queues: [port.queue(1)] }] })
  const [kept, first, second] = port.steer.rules

  on('ping', '-c', '3', '-i', '0.02', near_address!)
  send(4321, 10)
  send(4322, 5)
  send(4399, 3)
  await until('the last has come', () => kept.counters.packets === 3 && plane.snapshot().rx.packets === 10)
  t.match(first.counters, { packets: 10, bytes: 440, elsewhere: 0 }, 'the flow is taken')
  t.match(
    second.counters,
    { packets: 0, elsewhere: 5 },
    'what arrives on another queue stays with the kernel, and is counted',
  )
  t.match(kept.counters, { packets: 3, elsewhere: 0 })
  t.equal(plane.snapshot().rx.packets, 10)

  let sent = 10
  await t.test('rules change without losing a packet of the others', async (t) => {
    const [program, ...rest] = onHost(
      'left',
      ['bash', '-c', 'for i in $(seq 3000); do echo x > /dev/udp/10.77.0.2/4321; done'],
      lab.lab,
    )
    let changes = 0
    const change = async () => {
      const rule = await port.steer.add(`tcp port ${1000 + changes}`)
      await port.steer.replace(rule, `tcp port ${2000 + changes}`)
      await port.steer.set({ steer: ['udp dst port 4321', 'udp dst port 4322'], pass: 'udp dst port 4399' })
      changes += 3
      await sleep(1)
    }
    for (let batch = 0; batch < 2 || changes <= 5; batch++) {
      const sender = spawn(program, rest)
      const over = new Promise((resolve) => sender.on('exit', resolve))
      sent += 3000
      while (sender.exitCode === null) await change()
      await over
    }
    await until('all have come', () => plane.snapshot().rx.packets >= sent).catch(() => {})
    t.comment(`${changes} changes`)
    t.equal(first.counters.packets, sent, 'the rule that stayed went on counting')
    t.equal(plane.snapshot().rx.packets, sent, 'and every packet came')
    t.same(
      port.steer.rules.map((rule) => rule.expression),
      ['udp dst port 4399', 'udp dst port 4321', 'udp dst port 4322'],
    )
    t.equal(port.steer.rules[1], first, 'it is the same rule')
  })

  await t.test('a rule that cannot be used changes nothing', async (t) => {
    const before = port.steer.rules
    await t.rejects(port.steer.add('host nowhere'), { code: 'ERR_STEER' })
    await t.rejects(port.steer.add('vlan 5'), { code: 'ERR_STEER', message: /veth/ })
    await t.rejects(port.steer.set({ pass: 'arp' }), { code: 'ERR_STEER', message: /take nothing/ })
    t.same(port.steer.rules, before)
  })

  await t.test('a replaced rule takes its own packets from then on, and counts from 0', async (t) => {
    const fresh = await port.steer.replace(first, 'udp dst port 4321 and udp src port 7')
    send(4321, 4)
    send(4399, 1)
    await until('the last has come', () => kept.counters.packets === 4)
    t.match(fresh.counters, { packets: 0, elsewhere: 0 })
    t.throws(() => first.counters, { code: 'ERR_BAD_ARGUMENT' })
    t.equal(plane.snapshot().rx.packets, sent)
  })
  await plane.stop()
  t.ok((await plane.audit()).ok)
})

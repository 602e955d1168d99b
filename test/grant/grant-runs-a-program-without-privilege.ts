// `rxburst grant` keeps the privileges; the program that it starts has none and runs on what was granted.
import { execFileSync } from 'node:child_process'
import { constants } from 'node:os'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import '../../dist/lib/errors.js'
import { grant, send, xdpOf } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'
import { until } from '../fixtures/plane.js'

const asNobody = ['--user', 'nobody']

t.test('a program without privilege', { skip: noLab }, async (t) => {
  const veth = pair(t)
  const { near } = veth
  const program = grant(t, near, [
    '--queue',
    '0',
    '--steer',
    'udp dst port 4321',
    '--pass',
    'udp dst port 99',
    '--user',
    'nobody',
  ])
  t.match(await program.heard(), {
    uid: Number(execFileSync('id', ['-u', 'nobody'])),
    capabilities: '0'.repeat(16),
    bounding: '0'.repeat(16),
  })
  t.same(await program.heard(), {
    running: ['pass udp dst port 99', 'steer udp dst port 4321'],
    mode: 'copy',
    xdp: 'native',
    pass: false,
    columns: ['checksum'],
  })
  const count = async () => {
    program.stdin!.write('count\n')
    return await program.heard()
  }

  t.equal(veth.pings(3), 3, 'the rest stays with the kernel')
  send(veth, 4321, 10)
  send(veth, 99, 2)
  const counts = async (rx: number, kept: number) => {
    let now = await count()
    const enough = async () => {
      if (Number(now.rx) < rx || (now.rules as number[])[0] < kept) now = await count()
      return Number(now.rx) >= rx && (now.rules as number[])[0] >= kept
    }
    await until('they have come', enough).catch(() => {})
    return now
  }
  t.same(
    await counts(10, 2),
    { rx: 10, rules: [2, 10] },
    'the flow reaches the program, and it reads the counters',
  )

  program.stdin!.write('set udp dst port 4321|udp dst port 5\n')
  t.same(
    await program.heard(),
    ['pass udp dst port 99', 'steer udp dst port 4321', 'steer udp dst port 5'],
    'new rules are loaded on request, and what was kept stays kept',
  )
  send(veth, 5, 4)
  send(veth, 99, 1)
  send(veth, 4321, 3)
  t.same(await counts(13, 3), { rx: 13, rules: [3, 13, 0] }, 'rules that stay go on counting')
  program.stdin!.write('set host nowhere\n')
  t.match(await program.heard(), { code: 'ERR_STEER', message: /nowhere/ })

  program.stdin!.write('close\n')
  t.same(await program.heard(), { closed: true, audit: true })
  t.equal(await program.gone, 0)
  await until('nothing stays on the interface', () => xdpOf(near) === undefined)
})

t.test('what was not granted', { skip: noLab }, async (t) => {
  const { near } = pair(t, { queues: 2 })
  const program = grant(t, near, ['--queue', '0', '--steering', 'external', '--steer', 'udp', ...asNobody], {
    options: { queues: [0, 1] },
  })
  t.match(await program.heard(), { capabilities: '0'.repeat(16) })
  t.match(await program.heard(), { code: 'ERR_NO_QUEUE', message: /queue 1 was not granted \(granted: 0\)/ })
  t.equal(await program.gone, 3, "the program's exit code is the command's")
})

t.test('kill -9 of either leaves nothing', { skip: noLab }, async (t) => {
  for (const victim of ['broker', 'program']) {
    const { near } = pair(t)
    const program = grant(t, near, ['--steer', 'udp', ...asNobody])
    await program.heard()
    await program.heard()
    t.ok(xdpOf(near))
    const ofBroker = execFileSync('pgrep', ['-P', String(program.pid)], { encoding: 'utf8' }).trim()
    process.kill(victim === 'broker' ? program.pid! : Number(ofBroker), 'SIGKILL')
    await program.gone
    await until('the program is off the interface', () => xdpOf(near) === undefined)
    t.pass(`${victim} killed`)
    try {
      if (victim === 'broker') process.kill(Number(ofBroker), 'SIGKILL')
    } catch {
      // it has noticed, and ended
    }
  }
})

t.test('whoever calls it', { skip: noLab }, async (t) => {
  const flags = ['--steer', 'udp']
  const nobody = Number(execFileSync('id', ['-u', 'nobody']))
  const none = '0'.repeat(16)

  await t.test('by sudo: that user', async (t) => {
    const program = grant(t, pair(t).near, flags, {
      env: { SUDO_UID: String(nobody), SUDO_GID: String(nobody) },
    })
    t.match(await program.heard(), { uid: nobody, capabilities: none, name: 'nobody' })
    t.match(await program.heard(), { running: ['steer udp'] })
  })

  await t.test('root itself, who has to accept that: root without its capabilities', async (t) => {
    const refused = grant(t, pair(t).near, flags)
    t.equal(await refused.gone, 1)
    t.match(refused.complaints(), /--user NAME.*--same-user.*\[ERR_GRANT_USER\]/)
    const program = grant(t, pair(t).near, [...flags, '--same-user'])
    t.match(await program.heard(), { uid: 0, capabilities: none })
    t.match(await program.heard(), { running: ['steer udp'] })
  })

  await t.test('a user who was given the capabilities', async (t) => {
    const wanted = '+net_raw,+net_admin,+bpf,+ipc_lock'
    const as = [
      'setpriv',
      `--reuid=${nobody}`,
      `--regid=${nobody}`,
      '--clear-groups',
      `--inh-caps=${wanted}`,
      `--ambient-caps=${wanted}`,
    ]
    const program = grant(t, pair(t).near, [...flags, '--same-user'], { as, env: { SUDO_UID: '0' } })
    t.match(await program.heard(), { uid: nobody, capabilities: none })
    t.match(await program.heard(), { running: ['steer udp'] })
  })

  await t.test('a program that is started by another, as by npx', async (t) => {
    const script = `process.exitCode = require('node:child_process').spawnSync(process.argv[1], process.argv.slice(2), { stdio: 'inherit' }).status`
    const program = grant(t, pair(t).near, [...flags, ...asNobody], {
      by: [process.execPath, '-e', script, '--'],
    })
    t.match(await program.heard(), { capabilities: none })
    t.match(await program.heard(), { running: ['steer udp'] })
    program.stdin!.write('close\n')
    t.same(await program.heard(), { closed: true, audit: true })
    t.equal(await program.gone, 0)
  })
})

t.test('nobody else comes in by the socket', { skip: noLab }, async (t) => {
  const program = grant(t, pair(t).near, ['--steer', 'udp', '--user', 'nobody'])
  const { socket } = await program.heard()
  await program.heard()
  t.throws(
    () => {
      const end = native.grant.connect(socket as string)
      t.teardown(() => native.system.closeDescriptor(end))
      native.grant.ask({ socket: end, message: '/grants' })
    },
    { code: 'ERR_GRANT' },
    'not even root, whose socket it is not',
  )
})

t.test('signals', { skip: noLab }, async (t) => {
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    const { near } = pair(t)
    const program = grant(t, near, ['--steer', 'udp', ...asNobody])
    await program.heard()
    await program.heard()
    program.kill(signal)
    t.equal(
      await program.gone,
      128 + constants.signals[signal],
      `${signal} reaches the program, whose end is told`,
    )
    await until('the program is off the interface', () => xdpOf(near) === undefined)
  }
})

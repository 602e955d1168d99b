// The broker of `rxburst grant` bounds what a client can cost it: descriptors, connections, time, and its own end.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { grant, python } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'
import { until } from '../fixtures/plane.js'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const client = fileURLToPath(new URL('../fixtures/grant/broker-client.py', import.meta.url))
const flags = ['--steer', 'icmp', '--user', 'nobody']
const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length
const ticks = (pid: number) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return Number(fields[11]) + Number(fields[12])
}

t.test('descriptors that come with a message', { skip: noLab }, async (t) => {
  const program = grant(t, pair(t).near, flags, { program: [python, client, 'descriptors', '500'] })
  t.same(await program.heard(), { sent: true })
  t.ok(descriptors(program.pid!) < 200, 'none of a thousand stays open')
})

t.test('connections', { skip: noLab }, async (t) => {
  const program = grant(t, pair(t).near, flags, { program: [python, client, 'crowd', '500'] })
  const { connected } = (await program.heard()) as unknown as { connected: number }
  t.ok(connected >= 16 && connected < 150, `${connected} of 500 come in, or wait`)
  const before = ticks(program.pid!)
  await sleep(1000)
  t.ok(ticks(program.pid!) - before < 50, 'those that wait cost less than half a CPU')
  program.stdin!.write('leave\n')
  t.same(await program.heard(), { answer: '0.1' }, 'when they have left another one is served')
  t.equal(await program.gone, 0)
})

t.test('another user', { skip: noLab }, async (t) => {
  const program = grant(t, pair(t).near, flags)
  const { socket } = (await program.heard()) as unknown as { socket: string }
  await program.heard()
  const attack = `import socket, sys
end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try: end.connect(sys.argv[1]); print("connected")
except OSError as error: print(error.strerror)`
  const as = ['--reuid=65533', '--regid=65533', '--clear-groups', python, '-c', attack, socket]
  t.equal(execFileSync('setpriv', as, { encoding: 'utf8' }), 'Permission denied\n')
})

t.test('its end while clients talk', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  for (let i = 0; i < ROUNDS; i++) {
    const program = grant(t, near, flags, { program: [python, client, 'chatter'] })
    t.equal(await program.gone, 7, "the exit code is the program's")
    t.equal(program.signalCode, null)
    t.equal(program.complaints(), '')
  }
})

t.test('its socket', { skip: noLab }, async (t) => {
  const folder = '/run/rxburst-broker'
  const program = grant(t, pair(t).near, flags)
  const { socket } = (await program.heard()) as unknown as { socket: string }
  await program.heard()
  t.ok(readdirSync(folder).some((name) => socket === `${folder}/${name}`))
  program.kill('SIGKILL')
  await program.gone
  const elsewhere = `${folder}/1-${program.pid}-1-0.sock`
  writeFileSync(elsewhere, '')
  t.teardown(() => rmSync(elsewhere, { force: true }))
  const next = grant(t, pair(t).near, flags)
  await next.heard()
  t.ok(existsSync(elsewhere), 'a process of that number in another namespace may live: its socket stays')
  t.notOk(
    readdirSync(folder).some((name) => socket === `${folder}/${name}`),
    'the next broker takes away what a killed one has left',
  )
  next.kill('SIGTERM')
  await next.gone
  await until(
    'an end takes it away',
    () => !readdirSync(folder).some((name) => name.includes(`-${next.pid}-`)),
  )
})

// Whoever would take an interface that carries the default route or an ssh session of this machine is told so, by name.
import { execFileSync, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noLab } from '../fixtures/lab.js'
import { type Pair, pair } from '../fixtures/pair.js'
import { until } from '../fixtures/plane.js'

const attempt = fileURLToPath(new URL('../fixtures/programs/try.mjs', import.meta.url))
const ssh = `require('node:net').createServer((socket) => socket.resume()).listen(22, () => console.log('listening'))`

/** What open() says on the far host, which is a machine of its own. */
function refusal(veth: Pair, name = 'eth0', options: object = {}): { code: string; message: string } {
  const { SSH_CONNECTION: _, ...env } = process.env
  const [program, rest] = veth.onFar(
    process.execPath,
    attempt,
    JSON.stringify({ name: `afxdp:${name}`, options, go: false }),
  )
  return JSON.parse(execFileSync(program, rest, { encoding: 'utf8', env }))
}

async function sessionTo(t: Test, veth: Pair, address: string) {
  const [program, rest] = veth.onFar(process.execPath, '-e', ssh)
  const server = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => server.kill('SIGKILL'))
  let ready = false
  server.stdout.once('data', () => {
    ready = true
  })
  await until('the server listens', () => ready)
  const client = connect(22, address)
  t.teardown(() => client.destroy())
  await new Promise((resolve, reject) => client.on('connect', resolve).on('error', reject))
}

t.test('nothing', { skip: noLab }, async (t) => {
  const { code, message } = refusal(pair(t))
  t.equal(code, 'ERR_TAKE_ALL')
  t.notMatch(message, /Mind that/)
})

t.test('the default route', { skip: noLab }, async (t) => {
  const veth = pair(t, { queues: 2 })
  veth.far('ip', 'route', 'add', 'default', 'via', veth.nearAddress)
  t.match(refusal(veth), { code: 'ERR_TAKE_ALL', message: /Mind that eth0 carries the default route\.$/ })
  t.match(
    refusal(veth, 'eth0', { queues: [1], takeAll: true }),
    { code: 'ERR_STEER_QUEUES', message: /Mind that eth0 carries the default route\.$/ },
    "also where the way out would be queues: 'all'",
  )
})

t.test('the default route of a bridge that it belongs to', { skip: noLab }, async (t) => {
  const veth = pair(t)
  const script = `ip link add br0 type bridge && ip link set eth0 master br0 && ip addr flush dev eth0 &&
    ip addr add ${veth.farAddress}/30 dev br0 && ip link set br0 up && ip route add default via ${veth.nearAddress}`
  veth.far('sh', '-c', script)
  t.match(refusal(veth), { code: 'ERR_TAKE_ALL', message: /carries the default route \(by br0\)/ })
})

t.test('an ssh session', { skip: noLab }, async (t) => {
  const veth = pair(t)
  await sessionTo(t, veth, veth.farAddress)
  t.match(refusal(veth), {
    code: 'ERR_TAKE_ALL',
    message: new RegExp(`carries an ssh session from ${veth.nearAddress}\\.$`),
  })
})

t.test('an ssh session by IPv6', { skip: noLab }, async (t) => {
  const veth = pair(t)
  execFileSync('sh', [
    '-c',
    `echo 0 > /proc/sys/net/ipv6/conf/${veth.near}/disable_ipv6; ip addr add fd00:7::1/64 dev ${veth.near} nodad`,
  ])
  veth.far(
    'sh',
    '-c',
    'echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; ip addr add fd00:7::2/64 dev eth0 nodad',
  )
  await sessionTo(t, veth, 'fd00:7::2')
  t.match(refusal(veth), { code: 'ERR_TAKE_ALL', message: /carries an ssh session from fd00:7::1\.$/ })
})

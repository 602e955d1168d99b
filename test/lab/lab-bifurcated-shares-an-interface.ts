// `drop` and `l2fwd` run on queue 1 of a bifurcated lab while ping, iperf3 and an interactive TCP session go on through
// the kernel on the same interfaces: nothing is lost on either side. The same for a program without privilege.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { release } from 'node:os'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type LabState, onHost, type Side } from '../../dist/lib/lab/lab.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { until } from '../fixtures/plane.js'

const main = fileURLToPath(new URL('../../dist/lib/cli/main.js', import.meta.url))
const FLOW = ['--steer', 'udp dst port 4321', '--steering', 'external']
const PACKETS = 3000
const LINES = 200
const PINGS = 50
const MEGABYTES = 50
const IPERF_PORT = 5201
const LISTENING = '0A'
// From 6.16 on a veth's sender waits for a receiver whose ring is full; before, TCP has to send again what was dropped
// there.
const [major, minor] = release().split('.').map(Number)
const WAITS = major > 6 || (major === 6 && minor >= 16)

/** Answers each line at once, as a shell echoes what is typed; runs in the namespace that it is started in. */
const echo = `require('node:net').createServer({ noDelay: true }, (socket) => socket.pipe(socket)).listen(2222)`
/** Types lines, one after the other, and compares what comes back. */
const type = (address: string) => `
  const socket = require('node:net').createConnection({ port: 2222, host: '${address}', noDelay: true })
  let line = 0, seen = ''
  const next = () => ++line > ${LINES} ? (console.log('all ' + (line - 1)), socket.end()) : socket.write('line ' + line + '\\n')
  socket.on('connect', next).on('data', (data) => {
    seen += data
    if (!seen.endsWith('\\n')) return
    if (seen !== 'line ' + line + '\\n') throw new Error('sent line ' + line + ', got ' + seen)
    seen = ''
    next()
  })`
/** Sends packets of the flow, a few at a time so that no ring overflows. */
const flow = (address: string) => `
  const socket = require('node:dgram').createSocket('udp4')
  let sent = 0
  const some = () => {
    for (let i = 0; i < 10 && sent < ${PACKETS}; i++) socket.send('packet ' + ++sent, 4321, '${address}')
    if (sent < ${PACKETS}) setTimeout(some, 4)
    else setTimeout(() => socket.close(), 100)
  }
  some()`
/** Counts packets of the flow; says the number when it is complete. */
const count = `
  const seen = new Set()
  require('node:dgram').createSocket({ type: 'udp4', recvBufferSize: 4 << 20 }).on('message', (m) => seen.add(String(m)).size === ${PACKETS} && (console.log('all'), process.exit())).bind(4321)`

class Stage {
  readonly #lab: LabState
  readonly #t: Test
  constructor(t: Test, lab: LabState) {
    this.#t = t
    this.#lab = lab
  }

  /** Starts a command on a host of the lab, or here. */
  start(side: Side | null, command: readonly string[]) {
    // Without the runner's hooks: they would write where a process without privilege may not.
    const plain = ['env', '-u', 'NODE_OPTIONS', ...command]
    const [program, ...rest] = side ? onHost(side, plain, this.#lab.lab) : plain
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#t.teardown(() => child.kill('SIGKILL'))
    let stdout = ''
    let stderr = ''
    child.stdout!.on('data', (data) => (stdout += data))
    child.stderr!.on('data', (data) => (stderr += data))
    const gone = new Promise<string>((resolve, reject) =>
      child.on('close', (code, signal) =>
        code === 0
          ? resolve(stdout)
          : reject(new Error(`${command.join(' ')}: ${signal ?? code}\n${stdout}${stderr}`)),
      ),
    )
    gone.catch(() => {})
    return { child: child as ChildProcess, gone, stderr: () => stderr }
  }

  node(side: Side | null, script: string) {
    return this.start(side, [process.execPath, '-e', script])
  }

  /** Waits for a listener on a TCP port of a host, or here. */
  async listening(side: Side | null, port: number) {
    const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
    const command = ['cat', '/proc/net/tcp', '/proc/net/tcp6']
    const [program, ...rest] = side ? onHost(side, command, this.#lab.lab) : command
    const listens = (row: string) => row.includes(hex) && row.includes(` ${LISTENING} `)
    await until(`port ${port}`, () =>
      execFileSync(program, rest, { encoding: 'utf8' }).split('\n').some(listens),
    )
  }

  /** Packets that the kernel has dropped on any end of the lab. */
  dropped(): number {
    const ends = [
      ...this.#lab.hosts.map(({ near }) => ['ip', '-s', '-j', 'link', 'show', near]),
      ...this.#lab.hosts.map(({ host }) =>
        onHost(host, ['ip', '-s', '-j', 'link', 'show', 'eth0'], this.#lab.lab),
      ),
    ]
    return ends
      .map(([program, ...rest]) => JSON.parse(execFileSync(program, rest, { encoding: 'utf8' }))[0].stats64)
      .reduce((sum, { rx, tx }) => sum + rx.dropped + rx.errors + tx.dropped + tx.errors, 0)
  }

  /**
   * Ping, iperf3 and a session by lines go on from the left host to `address`, on `side`, while `work` is done; nothing
   * is lost.
   */
  async beside(side: Side | null, address: string, work: () => Promise<void>) {
    const t = this.#t
    const servers = [
      this.node(side, echo),
      this.start(side, ['iperf3', '--server', '--one-off', '--bind', address]),
    ]
    await this.listening(side, 2222)
    await this.listening(side, IPERF_PORT)
    const before = this.dropped()
    // One by one, as in fixtures/traffic/hosts.ts: ping does not wait for all of several answers alike.
    const one = `ping -q -c 1 -W 30 ${address} > /dev/null && echo answered; sleep 0.02`
    const ping = this.start('left', ['sh', '-c', `for i in $(seq ${PINGS}); do ${one}; done`])
    const iperf = this.start('left', ['iperf3', '--client', address, '--bytes', `${MEGABYTES}M`, '--json'])
    const lines = this.node('left', type(address))
    await work()
    t.equal(await ping.gone, 'answered\n'.repeat(PINGS), 'ping')
    t.equal((await lines.gone).trim(), `all ${LINES}`, 'an interactive TCP session')
    const { end } = JSON.parse(await iperf.gone)
    // The server stops counting when it hears of the end, which may overtake the last bytes in its socket.
    t.ok(end.sum_received.bytes > (MEGABYTES << 20) / 2, `iperf3: ${end.sum_received.bytes} bytes arrived`)
    t.comment(`iperf3 retransmitted ${end.sum_sent.retransmits} segments`)
    if (WAITS) t.equal(this.dropped() - before, 0, 'no interface dropped anything')
    for (const { child } of servers) child.kill('SIGTERM')
  }

  /** Runs a command of rxburst until the work is done; its summary. */
  async rxburst(command: readonly string[], work: () => Promise<void>) {
    const program = this.start(null, command)
    await until('it polls', () => program.stderr().includes('ready\n')).catch((error) => {
      throw new Error(`${error.message}: ${program.stderr()}`)
    })
    await work()
    program.child.kill('SIGTERM')
    const stats = JSON.parse((await program.gone).trim())
    for (const [name, lost] of Object.entries(stats.lost)) this.#t.equal(lost, 0, `${name}: 0`)
    return stats
  }
}

const ours = [process.execPath, main]
const asNobody = (interfaces: string[]) => [
  ...ours,
  'grant',
  ...interfaces,
  '--queue',
  '1',
  ...FLOW,
  '--user',
  'nobody',
  '--',
  ...ours,
]

for (const who of ['as root', 'without privilege'])
  t.test(who, { skip: noLab, timeout: 250_000 }, async (t) => {
    const lab = testLab(t, { bifurcated: true })
    const [left, right] = lab.hosts
    const common = ['--queues', '1', '--idle', 'adaptive', '--json']
    const command = (name: string, interfaces: string[]) => {
      const ports = interfaces.map((near) => `afxdp:${near}`)
      return who === 'as root'
        ? [...ours, name, ...ports, ...common, ...FLOW]
        : [...asNobody(interfaces), name, ...ports, ...common]
    }

    await t.test('drop', async (t) => {
      const stage = new Stage(t, lab)
      const stats = await stage.rxburst(command('drop', [left.near]), () =>
        stage.beside(null, left.near_address!, async () => {
          await stage.node('left', flow('10.77.0.2')).gone
        }),
      )
      t.equal(stats.rx, PACKETS, 'the flow, and nothing else')
      t.equal(stats.dropped, PACKETS)
    })

    await t.test('l2fwd', async (t) => {
      const stage = new Stage(t, lab)
      const counter = stage.node('right', count)
      await until('it counts', () =>
        execFileSync('ip', ['netns', 'exec', right.namespace, 'cat', '/proc/net/udp', '/proc/net/udp6'], {
          encoding: 'utf8',
        }).includes(':10E1 '),
      )
      const stats = await stage.rxburst(command('l2fwd', [left.near, right.near]), () =>
        stage.beside('right', '10.77.0.2', async () => {
          await stage.node('left', flow('10.77.0.2')).gone
          t.equal((await counter.gone).trim(), 'all', 'the other host has every packet of the flow')
        }),
      )
      t.equal(stats.rx, PACKETS)
      t.equal(stats.tx, PACKETS)
    })
  })

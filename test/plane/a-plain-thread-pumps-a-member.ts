// A native worker lives without its loop: a plain thread polls the queues' descriptors and pumps, packets in are
// packets out, and the books balance.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { configureArena, open, type Port } from 'rxburst'
import t, { type Test } from 'tap'
import { theArena } from '../../dist/lib/control/arena.js'
import { native } from '../../dist/lib/native.js'
import { noLab } from '../fixtures/lab.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { type Pair, pair } from '../fixtures/pair.js'
import { until } from '../fixtures/plane.js'

configureArena({ frames: 32768 })
theArena() // what the process opens once and keeps is there before

const FRAMES = 8192
const DATAGRAMS = Number(process.env.DATAGRAMS ?? 3000)
const { startMember, memberCounts, stopMember } = native.testing

/** Sends datagrams, some at a time, and counts what comes back; only with `answers` it waits for that. */
const client = (address: string, answers: boolean) => `
  const socket = require('node:dgram').createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  const back = new Set()
  let sent = 0
  const some = () => {
    for (let i = 0; i < 16 && sent < ${DATAGRAMS}; i++) socket.send('datagram ' + sent++, 7, '${address}')
    if (sent < ${DATAGRAMS} && ${!answers}) setTimeout(some, 2)
    if (sent === ${DATAGRAMS} && ${!answers}) setTimeout(() => socket.close(), 100)
  }
  socket.on('message', (message) => {
    back.add(String(message))
    if (back.size === ${DATAGRAMS}) (console.log('all'), socket.close())
    else if (back.size === sent) some()
  })
  socket.bind(some)`

const talk = async ({ onFar, nearAddress }: Pair, answers: boolean) => {
  const [program, words] = onFar(
    'env',
    '-u',
    'NODE_OPTIONS',
    process.execPath,
    '-e',
    client(nearAddress, answers),
  )
  return (await promisify(execFile)(program, words, { encoding: 'utf8' })).stdout.trim()
}

async function audited(t: Test, id: number): Promise<void> {
  native.workers.requestAudit(id)
  await until('the audit is made', () => native.workers.auditResult(id) !== null)
  const audit = native.workers.auditResult(id)!
  t.ok(audit.ok, `books are right while it pumps: ${audit.problem}`)
}

const balanced = (t: Test, c: ReturnType<typeof stopMember>) => {
  t.equal(c.rx, c.delivered + c.dropped + c.toKernel + c.sent + c.rejected, 'every packet has an end')
  t.equal(c.problem, '', 'books are right at the end')
}

t.test('a member', { skip: noLab }, async (t) => {
  const wire = pair(t, { queues: 2 })
  const pairs = (port: Port) => port.queues.flatMap(({ index }) => [port.id, index])
  const on = async (steer: string, work: (port: Port) => Promise<void>) => {
    await leavesNothing(t, async () => {
      const port = await open(`afxdp:${wire.near}`, { steer })
      await work(port)
      await port.close()
    })
  }

  await t.test('sends back what it receives', async (t) => {
    await on('udp dst port 7', async (port) => {
      const id = startMember({ queues: pairs(port), frames: FRAMES, how: 'reflect' })
      native.ports.attach(port.id)
      t.equal(await talk(wire, true), 'all', 'every datagram came back')
      await audited(t, id)
      await t.rejects(port.close(), { code: 'ERR_PORT_BUSY' })
      t.throws(() => startMember({ queues: pairs(port), frames: FRAMES, how: 'drop' }), {
        code: 'ERR_QUEUE_TAKEN',
      })
      native.ports.detach(port.id)
      const counts = stopMember(id)
      balanced(t, counts)
      t.ok(counts.sent >= DATAGRAMS)
      t.equal(counts.sent, counts.rx)
      t.ok(counts.pumps >= DATAGRAMS / 64 / 2, `${counts.pumps} pumps`)
      t.not(counts.threadName, `rxburst-${id}`, 'the thread keeps its name')
      t.throws(() => stopMember(id), { code: 'ERR_CLOSED' })
    })
  })

  await t.test('copies out what it delivers', async (t) => {
    await on('udp dst port 7', async (port) => {
      const id = startMember({ queues: pairs(port), frames: FRAMES, how: 'deliver' })
      native.ports.attach(port.id)
      await talk(wire, false)
      await until('all were delivered', () => memberCounts(id).delivered >= DATAGRAMS)
      await audited(t, id)
      const counts = stopMember(id)
      native.ports.detach(port.id)
      balanced(t, counts)
      t.equal(counts.delivered, counts.rx)
      t.ok(counts.bytes > DATAGRAMS * 42)
    })
  })

  await t.test('hands packets to the kernel', async (t) => {
    await on('icmp', async (port) => {
      const id = startMember({ queues: pairs(port), frames: FRAMES, how: 'pass' })
      native.ports.attach(port.id)
      t.equal(wire.pings(5), 5, 'the kernel answers')
      await until('all were counted', () => memberCounts(id).toKernel >= 5)
      const counts = stopMember(id)
      native.ports.detach(port.id)
      balanced(t, counts)
      t.equal(counts.toKernel, counts.rx)
    })
  })
})

t.test('two members on two threads', { skip: noLab }, async (t) => {
  const wire = pair(t, { queues: 2 })
  await leavesNothing(t, async () => {
    const port = await open(`afxdp:${wire.near}`, { steer: 'udp dst port 7' })
    const ids = [0, 1].map((queue) =>
      startMember({ queues: [port.id, queue], frames: FRAMES, how: 'reflect' }),
    )
    native.ports.attach(port.id)
    t.equal(await talk(wire, true), 'all')
    const ends = ids.map(stopMember)
    for (const counts of ends) balanced(t, counts)
    t.ok(ends.reduce((sum, { sent }) => sum + sent, 0) >= DATAGRAMS)
    native.ports.detach(port.id)
    await port.close()
  })
})

t.test('what it can not use is refused', async (t) => {
  const port = await open('loop:a')
  const split = await open('loop:b', { segments: true })
  const wrong = (options: object, code: string) =>
    leavesNothing(t, async () => {
      t.throws(
        () => startMember({ queues: [port.id, 0], frames: FRAMES, how: 'drop', ...options } as never),
        { code },
      )
    })
  await wrong({}, 'ERR_NOT_SUPPORTED') // nobody can wait for a loop
  await wrong({ queues: [split.id, 0] }, 'ERR_NOT_SUPPORTED')
  await wrong({ queues: [] }, 'ERR_BAD_ARGUMENT')
  await wrong({ queues: [port.id] }, 'ERR_BAD_ARGUMENT')
  await wrong({ queues: [port.id, 5] }, 'ERR_NO_QUEUE')
  await wrong({ queues: [9999, 0] }, 'ERR_CLOSED')
  await wrong({ frames: 1 }, 'ERR_NO_FRAMES')
  await wrong({ how: 'keep' }, 'ERR_BAD_ARGUMENT')
  t.throws(() => memberCounts(12), { code: 'ERR_CLOSED' })
  t.equal(port.queues.length, 1)
  await port.close()
  await split.close()
})

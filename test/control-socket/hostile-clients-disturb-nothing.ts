// Clients that send nonsense or too much, or never read, are hung up on, and packets move on meanwhile.
import { createConnection } from 'node:net'
import t, { type Test } from 'tap'
import { LIMITS } from '../../dist/lib/control-socket/protocol.js'
import { CAROUSEL, connectRaw, controlFolder, STATUS, socketsIn } from '../fixtures/control.js'
import { type Running, start, until } from '../fixtures/plane.js'

const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 31)
let state = seed
/** A whole number from 0 to below `n`: mulberry32. */
function random(n: number): number {
  state = (state + 0x6d2b79f5) | 0
  let word = Math.imul(state ^ (state >>> 15), 1 | state)
  word ^= word + Math.imul(word ^ (word >>> 7), 61 | word)
  return ((word ^ (word >>> 14)) >>> 0) % n
}

async function moves({ plane }: Running) {
  const { packets } = plane.snapshot().rx
  await until('packets move on', () => plane.snapshot().rx.packets > packets)
}

t.test('a data plane with clients that mean harm', async (t) => {
  const folder = controlFolder(t)
  const running = await start(t, CAROUSEL, { name: 'fw' })
  const [path] = socketsIn(folder)
  const isServed = async (t: Test) => {
    await until('a place is free', async () => {
      const raw = await connectRaw(t, path)
      const answer = await raw.ask(STATUS).catch(() => undefined)
      raw.socket.destroy()
      return answer?.ok === true
    })
    await moves(running)
    t.pass('a client is served, and packets move on')
  }

  await t.test('random bytes', async (t) => {
    t.comment(`seed ${seed}`)
    for (let round = 0; round < 50; round++) {
      const raw = await connectRaw(t, path)
      const bytes = Buffer.from(Array.from({ length: 1 + random(6000) }, () => random(256)))
      raw.socket.write(bytes)
      raw.socket.end('\n')
      await until('it is hung up on', () => raw.closed)
      for (const line of raw.text.split('\n').filter(Boolean)) t.equal(JSON.parse(line).ok, false)
    }
    await isServed(t)
  })

  await t.test('requests that are none', async (t) => {
    const none: [string, string][] = [
      ['nonsense', 'ERR_BAD_ARGUMENT'],
      ['null', 'ERR_BAD_ARGUMENT'],
      ['[]', 'ERR_BAD_ARGUMENT'],
      ['{"v":1}', 'ERR_BAD_ARGUMENT'],
      ['{"v":1,"request":{}}', 'ERR_BAD_ARGUMENT'],
      ['{"v":2,"request":"status"}', 'ERR_CONTROL'],
      ['{"request":"status"}', 'ERR_CONTROL'],
      ['{"v":1,"request":"statu"}', 'ERR_NOT_SUPPORTED'],
      ['{"v":1,"request":"__proto__"}', 'ERR_NOT_SUPPORTED'],
      ['{"v":1,"request":"constructor"}', 'ERR_NOT_SUPPORTED'],
      [`{"v":1,"request":"status","x":"${'x'.repeat(LIMITS.requestBytes)}"}`, 'ERR_LIMIT'],
      ['[['.repeat(2000), 'ERR_BAD_ARGUMENT'],
    ]
    for (const [line, code] of none) {
      const raw = await connectRaw(t, path)
      t.match(await raw.ask(line), { ok: false, code }, line.slice(0, 40))
      raw.socket.destroy()
    }
    const raw = await connectRaw(t, path)
    t.match(await raw.ask('{"v":1,"request":"statu"}'), { message: /did you mean 'status'/ })
    t.match(await raw.ask(STATUS), { ok: true }, 'a request that is not known ends nothing')
  })

  await t.test('a line without end', async (t) => {
    const raw = await connectRaw(t, path)
    const block = Buffer.alloc(65536, 'x')
    const more = () => {
      while (!raw.closed && raw.socket.writable && raw.socket.write(block));
    }
    raw.socket.on('drain', more)
    more()
    await until('it is hung up on', () => raw.closed)
    t.match(raw.text, /^$|ERR_LIMIT/)
    await isServed(t)
  })

  await t.test('a client that asks and never reads', async (t) => {
    const raw = await connectRaw(t, path)
    raw.socket.pause()
    const before = process.memoryUsage().external
    const many = Buffer.from(`${STATUS}\n`.repeat(20_000))
    raw.socket.write(many)
    await moves(running)
    await until('it is hung up on', () => !raw.socket.writable || raw.closed || raw.socket.destroyed)
    t.ok(process.memoryUsage().external - before < 8 << 20, 'its answers do not gather')
    await isServed(t)
  })

  await t.test('many questions in one piece', async (t) => {
    const raw = await connectRaw(t, path)
    raw.socket.write(`${STATUS}\n`.repeat(100))
    await until('all are answered', () => raw.text.split('\n').length === 101)
    t.ok(
      raw.text
        .trim()
        .split('\n')
        .every((line) => JSON.parse(line).ok),
    )
  })

  await t.test('a thousand connections', async (t) => {
    const all = Array.from({ length: 1000 }, () => {
      const socket = createConnection({ path })
      socket.on('error', () => {})
      return socket
    })
    t.teardown(() => {
      for (const socket of all) socket.destroy()
    })
    await until(
      'but a few are closed',
      () => all.filter((socket) => !socket.destroyed).length <= LIMITS.clients,
    )
    await moves(running)
    for (const socket of all) socket.destroy()
    await isServed(t)
  })

  await t.test('one that begins a request and does not end it', async (t) => {
    const raw = await connectRaw(t, path)
    raw.socket.write('{')
    const slowly = setInterval(() => raw.socket.write(' '), 200)
    t.teardown(() => clearInterval(slowly))
    await until('it is hung up on', () => raw.closed)
    await isServed(t)
  })
})

import { open, RxburstError, run } from 'rxburst'
import t from 'tap'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor, until } from '../fixtures/plane.js'

const circle = `(() => { const a = new Error('round'); a.cause = new Error('and round', { cause: a }); return a })()`
const wall = `new Proxy({}, new Proxy({}, { get() { throw new Error('no trap works') } }))`

/** What is thrown, and what the message of the error still tells of it. */
const things: [string, RegExp][] = [
  [wall, /./],
  [`new Proxy(function () {}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })`, /./],
  [`(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()`, /./],
  ['Object.create(null)', /./],
  [`Object.assign(Object.create(null), { message: 'bare' })`, /./],
  [circle, /round/],
  [`(() => { const a = { name: 'ring' }; a.self = a; return a })()`, /./],
  [
    `Object.assign(new Error('with a function'), { extra() {}, code: 7, name: Symbol('s') })`,
    /with a function/,
  ],
  [`{ get message() { throw new Error('trap') }, get code() { throw new Error('trap') } }`, /./],
  [`{ toString() { throw new Error('trap') }, [Symbol.toPrimitive]() { throw 1 } }`, /./],
  [`() => 'a function'`, /a function/],
  [`Symbol('of mine')`, /of mine/],
  ['undefined', /undefined/],
  ['null', /null/],
  ['12345n', /12345/],
  [`''`, /./],
  [`Object.assign(new RangeError('mine'), { code: 'E_MINE' })`, /^mine$/],
  [`new (class Odd extends Error { code = 'E_ODD'; get stack() { throw 1 } })('odd')`, /^odd$/],
]

const places: Record<string, (thing: string) => string> = {
  'at import': (thing) => `throw ${thing}`,
  'from the factory': (thing) => `export default async () => { throw ${thing} }`,
  'from a handler': (thing) => `
    export default ({ alloc, onTurn }) => {
      onTurn(() => { alloc()?.send(0) })
      return () => { throw ${thing} }
    }`,
  'from onTurn': (thing) => `
    export default ({ onTurn }) => {
      onTurn(() => { throw ${thing} })
      return () => {}
    }`,
  'from a timer': (thing) => `
    export default () => {
      setTimeout(() => { throw ${thing} }, 1)
      return () => {}
    }`,
  'from a promise': (thing) => `
    export default () => {
      setTimeout(async () => { throw ${thing} }, 1)
      return () => {}
    }`,
}

t.test('whatever a processor throws', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  const names = Object.keys(places)
  await leavesNothing(t, async () => {
    for (const [i, [thing, words]] of things.entries())
      for (const place of ['from a handler', names[i % names.length]]) {
        const source = places[place](`(${thing})`)
        const error = await run(processor(t, source), { workers: [{ queues: [port.queue(0)] }] })
          .then((plane) => plane.done)
          .then(
            () => undefined,
            (reason) => reason,
          )
        const what = `${thing} ${place}`
        if (!(error instanceof RxburstError)) t.fail(`${what}: ${error}`)
        else t.match(`${error.code} ${error.message}`, /^(ERR_|E_)[A-Z_]+ ./, what)
        t.match(error.message, words, what)
      }
  })
  await port.close()
})

t.test('a worker that throws while its timer runs ends all the same', async (t) => {
  const port = await open('loop:b', { queues: [0, 1] })
  const timer = 'setInterval(() => {}, 1000)\n'
  const workers = [{ queues: [port.queue(0)] }, { queues: [port.queue(1)] }]
  const at = (source: string) => processor(t, timer + source)
  await t.rejects(run(at('throw new Error("at once")'), { workers }), {
    code: 'ERR_PROCESSOR',
    message: /at once/,
  })
  const plane = await run(at(places['from a handler'](`new Error('in the middle')`)), { workers })
  await t.rejects(plane.done, { code: 'ERR_PROCESSOR', message: /in the middle/ })
  await until('the queues are free', () =>
    port.close().then(
      () => true,
      () => false,
    ),
  )
})

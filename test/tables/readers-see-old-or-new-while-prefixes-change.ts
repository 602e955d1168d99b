// One thread adds and removes prefixes as fast as it can, so that each uses the memory of the one before; others look
// up meanwhile. An answer is the one before the change or the one after it.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Lpm4, Lpm6 } from 'rxburst/wire'
import t from 'tap'

const CHANGES = Number(process.env.ROUNDS ?? 1) * 5_000
const [STOP, READY, LOOKUPS, SEEN, WRONG] = [0, 1, 2, 3, 4]
const PREFIXES = 61
const FALLBACK = 500
const FIRST = 1000
const READERS = 2

/**
 * Calls `between` once, when a reader has read where the answer lies and has not read the answer yet: reads of its
 * first table come one by one.
 */
function interrupt(reader: object, at: number, between: () => void): void {
  const { top } = reader as { top: Int32Array }
  let reads = 0
  const get = (_: object, key: string) => {
    const entry = top[Number(key)]
    if (Number(key) === at && ++reads === 2) between() // the first read is the quick one, which finds no answer
    return entry
  }
  Object.defineProperty(reader, 'top', { value: new Proxy({}, { get: get as ProxyHandler<object>['get'] }) })
}

t.test('a reader that is overtaken looks again', async (t) => {
  const four = Lpm4.create({ groups: 1 })
  four.add('10.1.0.0/32', 1)
  const reader = Lpm4.from(four)
  interrupt(reader, 0x0a0100, () => {
    four.remove('10.1.0.0/32')
    four.add('10.2.0.0/32', 2)
  })
  t.equal(reader.lookup(0x0a010000), -1, 'not the answer of 10.2.0.0, which lies there now')

  const six = Lpm6.create({ groups: 13 })
  six.add('2001:db8::1', 1)
  const deep = Lpm6.from(six)
  interrupt(deep, 0x20010d, () => {
    six.remove('2001:db8::1')
    six.add('3001:db8::1', 2)
  })
  t.equal(deep.lookup(0x20010db8, 0, 0, 1), -1)
})

for (const version of [4, 6] as const)
  t.test(`Lpm${version}`, async (t) => {
    const table = version === 4 ? Lpm4.create({ groups: 2 }) : Lpm6.create({ groups: 14 })
    table.add(version === 4 ? '0.0.0.0/0' : '::/0', FALLBACK)
    const prefix = (which: number) =>
      version === 4 ? `10.${which}.0.0/32` : `${(0x0a00 + which).toString(16)}:1:2000:0:0:1:0:0/127`
    const words = new Int32Array(new SharedArrayBuffer(64))
    const file = new URL('../fixtures/tables/lpm-reader.mjs', import.meta.url)
    const workerData = { table, words, version, prefixes: PREFIXES, fallback: FALLBACK, first: FIRST }
    const readers = Array.from({ length: READERS }, () => new Worker(file, { workerData }))
    const ended = readers.map((reader) => once(reader, 'exit'))
    while (Atomics.load(words, READY) < READERS) await new Promise((resolve) => setTimeout(resolve, 5))
    // At least so many, and as many as readers need to have seen some on a machine that is busy.
    for (let n = 0; n < CHANGES || Atomics.load(words, SEEN) < 50; n++) {
      table.add(prefix(n % PREFIXES), FIRST + (n % PREFIXES))
      table.remove(prefix(n % PREFIXES))
    }
    Atomics.store(words, STOP, 1)
    await Promise.all(ended)
    t.ok(words[LOOKUPS] > 0 && words[SEEN] > 0, `${words[LOOKUPS]} rounds, ${words[SEEN]} saw a prefix`)
    t.equal(words[WRONG], 0, 'no answer of another address')
    t.equal(table.size, 1)
  })

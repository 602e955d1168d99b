// Each table is made by one thread, goes to another by structured clone, and both see what either writes.
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { Histogram, Lpm4, Lpm6, Maglev, TokenBucket } from 'rxburst/wire'
import t from 'tap'
import { finish, start, until } from '../fixtures/plane.js'

/** What arrives in another thread. */
function cloned<T>(value: T): T {
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(value)
  const { message } = receiveMessageOnPort(port2)!
  port1.close()
  return message as T
}

t.test('each table after a clone', async (t) => {
  const four = Lpm4.create()
  const six = Lpm6.create()
  const buckets = TokenBucket.create({ rate: 1, burst: 2 })
  const histogram = Histogram.create({ rows: 2 })
  const maglev = Maglev.create({ backends: ['a', 'b'] })
  const there = cloned({ four, six, buckets, histogram, maglev })

  four.add('10.0.0.0/8', 4)
  t.equal(Lpm4.from(there.four).lookup(0x0a010203), 4)
  Lpm4.from(there.four.buffer).add('10.1.0.0/16', 5)
  t.equal(four.lookup(0x0a010203), 5, 'and back')

  six.add('2001:db8::/32', 6)
  t.equal(Lpm6.from(there.six).lookup(0x20010db8, 0, 0, 1), 6)

  t.ok(buckets.take(0, 1, 1e6))
  t.ok(TokenBucket.from(there.buckets).take(0, 1, 1e6))
  t.notOk(buckets.take(0, 1, 1e6), 'two tokens, one taken by each')

  histogram.record(7)
  Histogram.from(there.histogram, 1).record(9)
  t.equal(histogram.count, 2)

  const hash = 0x12345678
  t.equal(Maglev.from(there.maglev).lookup(hash), maglev.lookup(hash))
  Maglev.from(there.maglev).set([])
  t.equal(maglev.lookup(hash), -1)
})

t.test('a processor looks up what the main thread adds while it runs', async (t) => {
  const routes = Lpm4.create()
  const found = new Int32Array(new SharedArrayBuffer(4)).fill(-2)
  const { plane } = await start(
    t,
    `import { Lpm4 } from 'rxburst/wire'
     export default ({ data, onTurn }) => {
       const routes = Lpm4.from(data.routes)
       onTurn(() => Atomics.store(data.found, 0, routes.lookup(0xc0000201)))
       return () => {}
     }`,
    { data: { routes, found } },
  )
  await until('the table is empty', () => Atomics.load(found, 0) === -1)
  routes.add('192.0.2.0/24', 42)
  await until('the prefix is seen', () => Atomics.load(found, 0) === 42)
  await finish(t, plane)
})

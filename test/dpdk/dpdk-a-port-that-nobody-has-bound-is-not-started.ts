// Attaching a port before a worker has bound a queue of it starts nothing; the port can be used afterwards.
import { open, run } from 'rxburst'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { dpdkTest } from '../fixtures/dpdk.js'
import { finish, processor, until } from '../fixtures/plane.js'

const drop = `
  import { DROP } from 'rxburst'
  export default () => (burst) => burst.setAll(DROP)`

dpdkTest(t, 'attached too early', async (t) => {
  const port = await open('dpdk:net_null0')
  t.teardown(() => port.close())
  native.ports.attach(port.id)
  native.ports.detach(port.id)
  const plane = await run(processor(t, drop), { workers: [{ queues: port.queues }] })
  await until('packets have come', () => plane.snapshot().rx.packets > 0)
  await finish(t, plane)
})

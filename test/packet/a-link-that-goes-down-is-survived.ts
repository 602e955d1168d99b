// A link that goes down heals by itself.
import { execFileSync } from 'node:child_process'
import { open } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { finish, shared, start, until } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()
const ip = (...words: string[]) => execFileSync('ip', words)

// data: packets offered, packets back
const pinger = `
  import { DROP } from 'rxburst'
  export default ({ data, alloc, onTurn }) => {
    onTurn(() => {
      const packet = alloc(60)
      if (!packet) return
      packet.set([2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 0x98, 0x88, 0xb5])
      packet.send(0)
      data[0]++
    })
    return (burst) => {
      data[1] += burst.count
      burst.setAll(DROP)
    }
  }`

for (const backend of ['socket', 'packet'])
  t.test(backend, { skip: !met && 'this machine gives no network namespace' }, async (t) => {
    ip('link', 'add', 'gone0', 'type', 'veth', 'peer', 'name', 'gone1')
    for (const end of ['gone0', 'gone1']) ip('link', 'set', end, 'up')
    const data = shared(2)
    const { plane, opened } = await start(t, pinger, { open: [`${backend}:gone0`, `${backend}:gone1`], data })
    await until('packets pass', () => data[1] > 100)

    const [port] = opened
    t.match(port.link(), { up: true, speedMbps: 10_000, duplex: 'full' })

    ip('link', 'set', 'gone0', 'down')
    await until('the port knows', () => port.link()?.up === false)
    await plane.audit() // the counters are those of now, not of a millisecond ago
    const { rejected, tx } = plane.snapshot()
    await until(
      'what is sent on a link that is down is rejected',
      () => plane.snapshot().rejected.packets > rejected.packets + 100,
    )
    t.ok(plane.snapshot().tx.packets <= tx.packets + 1, 'nothing is taken for sent')
    ip('link', 'set', 'gone0', 'up')
    const healed = data[1]
    await until('they pass again when it is up', () => data[1] > healed + 100)

    t.ok(port.link()!.changes > 0, 'changes of the link are counted')

    await finish(t, plane)
    ip('link', 'del', 'gone0')
    for (const port of opened) await port.close()
    await rejectsWith(
      t,
      open(`${backend}:gone0`),
      'ERR_NO_INTERFACE',
      new RegExp(`'gone0'.*${ENDS[0]}.*ip link`),
    )
  })

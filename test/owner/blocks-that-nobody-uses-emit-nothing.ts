// The program of an interface is made of blocks in one order; a block that nobody uses is not there.
import { open, type Port } from 'rxburst'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'

const ORDER = ['pass', 'ceiling', 'steer', 'ports', 'flows', 'xskmap', 'counts']
const TAKE_ALL_INSTRUCTIONS = 6 // load the queue, the map in two, the answer without a socket, the call, the exit

t.test('blocks', { skip: noLab }, async (t) => {
  const { near } = pair(t, { queues: 2 })
  const parts = () => native.testing.blocks(near)!
  const names = () => parts().map((part) => part.map(({ block }) => block))
  const with_ = async (options: object, check: (port: Port) => unknown) => {
    const port = await open(`afxdp:${near}`, options)
    await check(port)
    for (const part of parts()) {
      const places = part.map(({ block }) => ORDER.indexOf(block))
      t.same(
        places,
        [...places].sort((a, b) => a - b),
        'in the stated order',
      )
      const maps = part.flatMap(({ maps }) => maps)
      t.equal(new Set(maps).size, maps.length, 'no map belongs to two blocks')
      for (const { block, instructions } of part)
        t.equal(
          instructions > 0,
          block !== 'ceiling',
          `${block} emits ${instructions} instructions of its own`,
        )
    }
    await port.close()
    t.equal(native.testing.blocks(near), null, 'and it goes with its last port')
  }

  await with_({ takeAll: true }, () => {
    t.same(names(), [['xskmap']])
    t.equal(parts()[0][0].instructions, TAKE_ALL_INSTRUCTIONS)
  })
  await with_({ steer: 'udp' }, async (port) => {
    t.same(names(), [['steer', 'xskmap', 'counts']])
    const rule = await port.steer.add('arp', { pass: true })
    t.same(names(), [['pass', 'steer', 'xskmap', 'counts']])
    await port.steer.remove(rule)
    t.same(names(), [['steer', 'xskmap', 'counts']])
  })
  await with_({ takeAll: true, pass: 'tcp port 22' }, () => {
    t.same(names(), [['pass', 'steer', 'xskmap', 'counts']])
  })
  await with_({ steer: 'udp', pass: 'arp' }, (port) => {
    const rule = (expression: string, pass: boolean, slot: number) => ({
      ...{ filter: native.rules.compile(expression), pass, slot },
      ...{ fresh: true, takesFragments: false },
    })
    const serve = (client: number, queues: number[], port_: number) =>
      native.grant.servePort({
        port: port.id,
        client,
        queues,
        rules: [rule('arp', true, 0), rule(`udp port ${port_}`, false, 1)],
      })
    serve(1, [0], 53)
    t.same(names(), [['pass', 'ceiling', 'steer', 'xskmap', 'counts']], 'of a grant')
    serve(2, [1], 80)
    t.same(names(), [
      ['pass', 'ceiling', 'steer', 'xskmap', 'counts'],
      ['pass', 'ceiling', 'steer', 'xskmap', 'counts'],
      ['pass', 'steer', 'xskmap', 'counts'],
    ])
    const counters = parts().map((part) => part.at(-1)!.maps[0])
    t.equal(new Set(counters).size, 3, 'each part counts in a map of its own')
    t.equal(new Set(parts().map((part) => part.at(-2)!.maps[0])).size, 1, 'there is one XSKMAP')
  })
})

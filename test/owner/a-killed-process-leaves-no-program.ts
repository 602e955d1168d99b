// kill -9 of a process whose two ports share an interface: the program is gone, and the next process works at once.
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { start } from '../fixtures/child.js'
import { noLab } from '../fixtures/lab.js'
import { programOn } from '../fixtures/nic/links.js'
import { pair } from '../fixtures/pair.js'
import { processor, until } from '../fixtures/plane.js'

const ROUNDS = Number(process.env.ROUNDS ?? 2)
const dist = new URL('../../dist/', import.meta.url).href

t.test('kill -9', { skip: noLab }, async (t) => {
  const { near, pings } = pair(t, { queues: 2 })
  const script = `
    import { configureArena, open, run } from '${dist}lib/index.js'
    configureArena({ frames: 16384, hugepages: false })
    const planes = []
    for (const queue of [0, 1]) {
      const port = await open('afxdp:${near}', { queues: [queue], steer: 'udp dst port 4321', steering: 'external' })
      planes.push(await run('${dist}examples/01-drop.js'.slice('file://'.length), { workers: [{ queues: port.queues }] }))
    }
    console.error('both')
    process.on('SIGTERM', async () => {
      for (const plane of planes) await plane.stop()
      process.exit(0)
    })
    setInterval(() => {}, 1000)`
  const file = fileURLToPath(processor(t, script))
  for (let round = 0; round < ROUNDS; round++)
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const victim = start(t, process.execPath, [file])
      await victim.says('both')
      t.type(programOn(near), 'number')
      victim.process.kill(signal)
      await victim.ended
      await until('the program is gone', () => programOn(near) === undefined)
      t.equal(pings(1), 1, `after ${signal} the kernel has everything`)
    }
})

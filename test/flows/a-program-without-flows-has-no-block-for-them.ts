// The block of flows and its maps are there while a table wants them: not before, not after, and not behind a killed
// process.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { open, run } from 'rxburst'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { start as startChild } from '../fixtures/child.js'
import { noLab } from '../fixtures/lab.js'
import { programOn } from '../fixtures/nic/links.js'
import { processor, until } from '../fixtures/plane.js'
import { wire } from '../fixtures/traffic/driver.js'

const TAKE_ALL_INSTRUCTIONS = 6
const dist = new URL('../../dist/', import.meta.url).href

const source = (layer: string) => `
  import { DROP, perPacket } from 'rxburst'
  export default (context) => {
    const table = context.flows.shape('5tuple', { layer: '${layer}' })
    const drop = context.flows.action(DROP)
    return perPacket((packet) => table.add(packet, drop))
  }`

t.test('one data plane after the other', { skip: noLab }, async (t) => {
  const { near } = wire(t)
  const port = await open(`afxdp:${near}`, { takeAll: true })
  t.teardown(() => port.close())
  for (const [layer, blocks] of [
    ['worker', ['xskmap']],
    ['xdp', ['flows', 'xskmap']],
    ['worker', ['xskmap']],
    ['auto', ['flows', 'xskmap']],
  ] as const) {
    const plane = await run(processor(t, source(layer)), { workers: [{ queues: port.queues }] })
    const [part] = native.testing.blocks(near)!
    t.same(
      part.map(({ block }) => block),
      blocks,
      layer,
    )
    t.equal(part.at(-1)!.instructions, TAKE_ALL_INSTRUCTIONS, 'the rest is as it was')
    await plane.stop()
  }
})

/** Numbers of the maps that a process holds. */
const mapsOf = (pid: number): number[] => {
  const texts = readdirSync(`/proc/${pid}/fdinfo`).map((fd) => {
    try {
      return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')
    } catch {
      return ''
    }
  })
  return texts.flatMap((text) => /^map_id:\s*(\d+)$/m.exec(text)?.[1] ?? []).map(Number)
}
const isThere = (map: number): boolean => {
  try {
    execFileSync('bpftool', ['map', 'show', 'id', String(map)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

t.test('kill -9', { skip: noLab }, async (t) => {
  const { near, send } = wire(t)
  const script = `
    import { configureArena, open, run } from '${dist}lib/index.js'
    configureArena({ frames: 8192, hugepages: false })
    const port = await open('afxdp:${near}', { takeAll: true })
    await run('${fileURLToPath(processor(t, source('xdp')))}', { workers: [{ queues: port.queues }] })
    console.error('runs')
    setInterval(() => {}, 1000)`
  const victim = startChild(t, process.execPath, [fileURLToPath(processor(t, script))])
  await victim.says('runs')
  await send({ packets: 1000, flows: 100 })
  const maps = mapsOf(victim.process.pid!)
  t.ok(maps.length >= 6 && maps.every(isThere), `it holds the maps ${maps}`)
  t.type(programOn(near), 'number')
  victim.process.kill('SIGKILL')
  await victim.ended
  await until('the program is gone', () => programOn(near) === undefined)
  await until('and its maps', () => !maps.some(isThere))
  t.notOk(maps.some(isThere), 'no map is left')
})

// The demo behind scripts/demo: a lab, real traffic through l2fwd, a flood into drop and into node:dgram, one table.
import { labDown, labPort, labStatus, labUp, SIDES } from '../lab/lab.js'
import { showForwarding } from './forward.js'
import { showDgram, showDrop, table } from './receive.js'
import { elapsedSeconds, raiseHugepages, Stage, say } from './stage.js'

const HUGEPAGES = 64

const stage = new Stage()
try {
  await demo()
} catch (error) {
  if (!stage.interrupted) process.stderr.write(`demo: ${(error as Error).message}\n`)
  process.exitCode = stage.interrupted ? 130 : 1
} finally {
  await stage.close()
}
process.exit()

async function demo() {
  if (process.geteuid?.() !== 0)
    throw new Error('the demo makes network namespaces and needs root: sudo ./scripts/demo')
  const before = labStatus()
  const user = before.hosts.find((host) => host.near_xdp !== null)
  if (user) throw new Error(`${user.near} is in use (XDP program ${user.near_xdp}): stop that program first`)
  raiseHugepages(stage, HUGEPAGES)
  if (before.state === 'up') {
    if (before.queues !== 1 || before.bifurcated)
      throw new Error('the lab is up in another shape than the demo needs: npx rxburst lab down')
    say('the lab is up already: used as it is, and left up')
  } else {
    say('the lab: two hosts in network namespaces')
    stage.later(() => labDown({ say }))
    labUp({ say })
  }
  await stage.checkpoint()
  say(`host left -- ${SIDES.map((side) => labPort(side)).join(' -- our process -- ')} -- host right`)
  await showForwarding(stage)
  const rows = [await showDrop(stage), await showDgram(stage)]
  process.stdout.write(`\n${table(rows)}\n\n`)
  const [ours, dgram] = rows.map((row) => row.received / row.seconds)
  process.stdout.write(
    `TypeScript over AF_XDP received ${(ours / dgram).toFixed(1)} times what node:dgram did.\n`,
  )
  if (rows.some((row) => row.received === 0)) throw new Error('a receiver received nothing')
  say(`done after ${elapsedSeconds().toFixed(0)} s`)
}

// A program under `rxburst grant` ends when the broker ends, also with onLost: 'wait'; with that it goes on when the
// broker lives and the interface is back.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { open, run } from 'rxburst'
import t from 'tap'
import { bin, root } from '../fixtures/child.js'
import { grant } from '../fixtures/grant.js'
import { inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { losing, sender } from '../fixtures/nic/losing.js'
import { processor, shared, until } from '../fixtures/plane.js'

const skip =
  (!inNamespaceOfItsOwn() && 'this machine gives no network namespace') ||
  (process.geteuid?.() !== 0 && 'the broker needs root')
const drop = `${root}dist/examples/01-drop.js`
const underGrant = (near: string, ...flags: string[]) => ({
  program: [process.execPath, bin, 'run', drop, `afxdp:${near}`, '--json', ...flags],
})

for (const onLost of ['fail', 'wait'])
  t.test(`the broker is killed: ${onLost}`, { skip }, async (t) => {
    const { near } = await losing(t, 'deleted')
    const command = grant(
      t,
      near,
      ['--same-user', '--steer', 'ether proto 0x88b5'],
      underGrant(near, '--on-lost', onLost),
    )
    await until('the program runs', () => /^ready$/m.test(command.complaints()))
    const child = execFileSync('pgrep', ['-P', String(command.pid)], { encoding: 'utf8' }).trim()
    command.kill('SIGKILL')
    await until('the program says so', () => /\[ERR_PORT_LOST\]$/m.test(command.complaints()))
    t.match(
      command.complaints(),
      new RegExp(
        `^rxburst: afxdp:${near} is lost: .*\\(rxburst grant\\) has ended\\. Start it again\\. \\[ERR_`,
        'm',
      ),
    )
    await until('and ends', () => !existsSync(`/proc/${child}`))
  })

for (const way of ['deleted', 'moved', 'recreated'] as const)
  t.test(`the interface is ${way}, and waited for`, { skip }, async (t) => {
    const { near, far, lose, restore } = await losing(t, way)
    const command = grant(
      t,
      near,
      ['--same-user', '--steer', 'ether proto 0x88b5'],
      underGrant(near, '--on-lost', 'wait', '--opt', 'ring=256'),
    )
    await until('the program runs', () => /^ready$/m.test(command.complaints()))
    lose()
    await until('it tells the loss', () => /is lost: /.test(command.complaints()))
    restore()
    await until('and the return', () => /is back, /.test(command.complaints()))

    const wire = await open(`packet:${far}`)
    const data = shared(3)
    const plane = await run(processor(t, sender), {
      workers: [{ queues: [wire.queue(0)], data }],
      columns: ['timestamp'],
    })
    await until('packets are sent', () => data[0] > 1000)
    await plane.stop()
    await wire.close()
    const lines: string[] = []
    command.stdout!.on('data', (text) => lines.push(String(text)))
    command.kill('SIGTERM')
    await command.gone
    await until('the summary is printed', () => lines.join('').includes('\n'))
    const { rx } = JSON.parse(lines.join(''))
    t.ok(rx > 0, `${rx} packets came after the return`)
    t.notMatch(command.complaints(), /ERR_/)
  })

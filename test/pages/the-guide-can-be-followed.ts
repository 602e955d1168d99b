import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LabState, Side } from '../../dist/lib/lab/lab.js'
import { bin, ended, root, start } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { on, ping, SILENCE } from '../fixtures/traffic/hosts.js'

// Its programs, in a folder outside any package.
const folder = mkdtempSync(join(tmpdir(), 'rxburst-guide-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const guide = readFileSync(`${root}docs/guide.md`, 'utf8')
const files = [...guide.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name, text]) => {
  writeFileSync(join(folder, name), text)
  return name
})

const SERVER = `require('node:net').createServer((s) => s.end('hello')).listen(+process.argv[1], () => console.error('listening'))`

async function serve(t: Test, lab: LabState, side: Side, port: number): Promise<void> {
  const [command, args] = on(lab, side, [process.execPath, '-e', SERVER, String(port)])
  await start(t, command, args).says('listening')
}

/** Where no connection is wanted, `seconds` are few. */
async function connects(
  t: Test,
  lab: LabState,
  from: Side,
  address: string,
  port: number,
  seconds = 30,
): Promise<boolean> {
  const script = `cat < /dev/tcp/${address}/${port}`
  const [command, args] = on(lab, from, ['timeout', String(seconds), 'bash', '-c', script])
  return (await ended(t, command, args)).stdout === 'hello'
}

t.test('the guide', { skip: noLab }, async (t) => {
  t.same(files, ['look.ts', 'no-ping.ts', 'firewall.ts', 'main.ts', 'count-to.ts'])
  const lab = testLab(t)
  const ports = lab.hosts.map(({ near }) => `afxdp:${near}`)
  const run = async (file: string, ...args: string[]) => {
    const program = start(t, process.execPath, [bin, 'run', file, ...ports, '--take-all', ...args], folder)
    await program.says('ready')
    return program
  }
  const stop = async (program: Awaited<ReturnType<typeof run>>) => {
    program.process.kill('SIGTERM')
    const end = await program.ended
    t.equal(end.code, 0, end.stderr)
    return end
  }

  await t.test('look.ts', async (t) => {
    const program = await run('look.ts')
    t.equal(await ping(t, lab, 2), 2)
    const { stderr } = await stop(program)
    t.match(stderr, /left: \d+ bytes of type 0806\n/)
    t.match(stderr, /right: 98 bytes of type 0800\n/)
  })

  await t.test('no-ping.ts', async (t) => {
    await serve(t, lab, 'right', 80)
    const program = await run('no-ping.ts')
    t.equal(await ping(t, lab, 2, undefined, SILENCE), 0)
    t.ok(await connects(t, lab, 'left', '10.77.0.2', 80), 'everything else goes on')
    await stop(program)
  })

  const guarded = async (t: Test) => {
    t.ok(await connects(t, lab, 'left', '10.77.0.2', 80), 'from our side to the world')
    t.ok(await connects(t, lab, 'right', '10.77.0.1', 8080), 'from the world to an open port')
    t.notOk(await connects(t, lab, 'right', '10.77.0.1', 2222, 1), 'and to no other')
  }

  await t.test('firewall.ts and main.ts', async (t) => {
    await serve(t, lab, 'right', 80)
    await serve(t, lab, 'left', 8080)
    await serve(t, lab, 'left', 2222)
    const program = await run('firewall.ts', '--data', '{"open":[8080]}', '--json')
    await guarded(t)
    const { dropped, tx, rx } = JSON.parse((await stop(program)).stdout)
    t.ok(dropped > 0 && tx + dropped === rx, `${dropped} of ${rx} packets were dropped`)

    // The program has no types in it that Node 20 would stumble over, so it runs there as JavaScript.
    writeFileSync(
      join(folder, 'main.mjs'),
      readFileSync(join(folder, 'main.ts'), 'utf8')
        .replace("'rxburst'", `'${root}dist/lib/index.js'`)
        .replace("'afxdp:rxb-left'", `'${ports[0]}'`)
        .replace("'afxdp:rxb-right'", `'${ports[1]}'`),
    )
    const main = start(t, process.execPath, ['main.mjs'], folder)
    await main.prints(/received/)
    await guarded(t)
    main.process.kill('SIGINT')
    t.match(await main.ended, { code: 0, stdout: /\d+ received, \d+ dropped/ })
  })

  await t.test('count-to.ts', async (t) => {
    const program = await run('count-to.ts', '--data', '{"packets":1}', '--json')
    await ping(t, lab, 1, undefined, SILENCE)
    const { code, stdout, stderr } = await program.ended
    t.equal(code, 0, stderr)
    t.ok(JSON.parse(stdout).rx >= 1)
  })
})

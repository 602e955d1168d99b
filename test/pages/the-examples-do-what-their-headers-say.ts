import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { bin, ended, root, type Started, start } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { on, ping, SILENCE, sh } from '../fixtures/traffic/hosts.js'

const stop = async (t: Test, program: Started) => {
  program.process.kill('SIGINT')
  const { code, stdout, stderr } = await program.ended
  t.equal(code, 0, stderr)
  return stdout
}

// Sends datagrams of many lengths, one at a time: each is sent again until its answer comes.
const DATAGRAMS = `
  const socket = require('node:dgram').createSocket('udp4')
  const sums = { equal: 0, other: 0, fromOthers: 0 }
  let bytes = 0
  const payload = () => Buffer.alloc(bytes * 70, bytes + 1)
  const send = () => socket.send(payload(), 7, '10.77.0.9')
  const again = setInterval(send, 1000)
  socket.on('message', (message, { address, port }) => {
    if (address !== '10.77.0.9' || port !== 7) sums.fromOthers++
    if (message.equals(payload())) sums.equal++
    else if (message.length === payload().length) sums.other++
    else return // a second answer to the datagram before
    if (++bytes < 20) return send()
    clearInterval(again)
    socket.close()
    console.log(JSON.stringify(sums))
  })
  send()`

t.test('in a lab', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const [left, right] = lab.hosts.map(({ near }) => `afxdp:${near}`)
  const run = async (t: Test, file: string, ...args: string[]) => {
    const program = start(t, process.execPath, [
      bin,
      'run',
      `examples/${file}`,
      ...args,
      '--take-all',
      '--json',
    ])
    await program.says('ready')
    return program
  }

  await t.test('03-odd', async (t) => {
    const program = await run(t, '03-odd.ts', left, right)
    t.equal(await ping(t, lab, 2), 2, 'what is not UDP goes through')
    const [shell, args] = on(lab, 'left', [
      'bash',
      '-c',
      'for port in 1 2 3 4 5 6 7; do echo hi > /dev/udp/10.77.0.2/$port; done',
    ])
    await ended(t, shell, args)
    t.equal(await ping(t, lab, 1), 1, 'what came after them is through')
    const { rx, tx, dropped } = JSON.parse(await stop(t, program))
    t.equal(dropped, 4, 'four datagrams went to an odd port')
    t.equal(tx, rx - 4)
  })

  await t.test('04-reply', async (t) => {
    const program = await run(t, '04-reply.ts', left, '--data', '"10.77.0.9"')
    t.equal(await ping(t, lab, 5, '10.77.0.9'), 5, 'a host that is in no kernel answers')
    t.equal(await ping(t, lab, 1, '10.77.0.8', SILENCE), 0, 'and no other')
    const { fresh, tx } = JSON.parse(await stop(t, program))
    t.ok(
      fresh >= 1 && tx - fresh >= 5,
      'answers to ARP are fresh packets, those to ping the packets that came',
    )
  })

  await t.test('10-udp-echo', async (t) => {
    const program = await run(t, '10-udp-echo.ts', left, '--data', '"10.77.0.9"')
    const [nc, args] = on(lab, 'left', ['sh', '-c', 'echo hello | nc.openbsd -u -W 1 -w 30 10.77.0.9 7'])
    const answer = await ended(t, nc, args)
    t.equal(answer.stdout, 'hello\n', `nc -u has its line back ${answer.stderr}`)

    const [node, words] = on(lab, 'left', [process.execPath, '-e', DATAGRAMS])
    const sums = JSON.parse((await ended(t, node, words)).stdout)
    t.same(sums, { equal: 20, other: 0, fromOthers: 0 }, 'and node:dgram each datagram, of any length')
    const body = readFileSync(`${root}examples/10-udp-echo.ts`, 'utf8').split('=> {\n')
    t.ok(body[1].split('\n').length + body[2].split('\n').length <= 12 + 4, 'in a dozen lines')
    t.match(JSON.parse(await stop(t, program)), { kept: 0, rejected: 0 })
  })

  await t.test('05-delay', async (t) => {
    const program = await run(t, '05-delay.ts', left, right, '--data', '30')
    await ping(t, lab, 1)
    const one = 'ping -c 1 -W 30 10.77.0.2'
    const [command, args] = on(lab, 'left', ['sh', '-c', `${one}; ${one}; ${one}`])
    const { stdout } = await ended(t, command, args)
    const times = [...stdout.matchAll(/time=([\d.]+)/g)].map((match) => Number(match[1]))
    t.equal(times.length, 3)
    t.ok(
      times.every((ms) => ms >= 60),
      `ping takes twice 30 ms: ${times}`,
    )
    t.match(JSON.parse(await stop(t, program)), { kept: 0, rejected: 0 })
  })

  await t.test('08-rate-limit', async (t) => {
    const program = await run(t, '08-rate-limit.ts', left, right)
    const [command, args] = on(lab, 'left', ['ping', '-q', '-c', '100', '-i', '0.01', '-W', '1', '10.77.0.2'])
    const began = performance.now()
    const { stdout } = await ended(t, command, args)
    const seconds = (performance.now() - began) / 1e3
    const [, sent, answered] = stdout.match(/(\d+) packets transmitted, (\d+) received/)!.map(Number)
    t.equal(sent, 100)
    t.ok(answered >= 20, `${answered} answers: those that a full bucket lets through`)
    t.ok(answered <= 20 + 10 * seconds + 1, `and ten a second, for ${seconds.toFixed(1)} s`)
    const { dropped } = JSON.parse(await stop(t, program))
    t.ok(answered + dropped >= sent, `${dropped} were dropped`)
    t.ok(answered < sent || seconds > 7, 'not all were answered')
  })

  await t.test('06-main', async (t) => {
    const file = join(t.testdir({}), 'main.mjs')
    const text = readFileSync(`${root}dist/examples/06-main.js`, 'utf8')
      .replace("'rxburst'", `'${root}dist/lib/index.js'`)
      .replace("'./02-l2fwd.js'", `'${root}dist/examples/02-l2fwd.js'`)
      .replace("'afxdp:rxb-left'", `'${left}'`)
      .replace("'afxdp:rxb-right'", `'${right}'`)
    writeFileSync(file, text)
    const program = start(t, process.execPath, [file])
    await program.prints(/rx \d+ pps/)
    t.equal(await ping(t, lab, 2), 2)
    const stdout = await stop(t, program)
    t.match(stdout, /left copy native\n.*right copy native\nrx \d+ pps, tx \d+ pps, rejected 0\n/)
    t.ok(Number(/(\d+) packets in all/.exec(stdout)?.[1]) >= 4)
    t.equal((await sh(`ip -d link show ${lab.hosts[0].near}`)).includes('xdp'), false, 'and leaves nothing')
  })
})

// examples/15-load-balancer.ts spreads connections of a real HTTP client over three servers. One is taken out of the
// list: connections stay where they are, and new ones go to the other two.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ended, start } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { example, stop } from '../fixtures/programs/examples.js'
import { on } from '../fixtures/traffic/hosts.js'

const VIP = '10.77.0.100'
const BACK_ENDS = ['10.77.0.2', '10.77.0.3', '10.77.0.4']
const [GONE] = BACK_ENDS

// Says which of its addresses was asked.
const SERVER = `
  require('node:http').createServer(({ socket }, answer) => answer.end(socket.localAddress))
    .listen(8000, '0.0.0.0', () => console.log('listening'))`

// Opens connections and holds them; when new ones keep away from the back end that is gone, it asks on the old ones
// again.
const CLIENT = `
  const { Agent, get } = require('node:http')
  const ask = (agent) => new Promise((resolve, reject) => {
    get({ agent, host: '${VIP}', port: 8000 }, (answer) => {
      let text = ''
      answer.on('data', (data) => { text += data }).on('end', () => resolve({ text, port: answer.socket?.localPort ?? answer.req.socket.localPort }))
    }).on('error', reject)
  })
  const open = async (count) => {
    const agents = Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1, keepAliveMsecs: 600_000 }))
    const answers = await Promise.all(agents.map(ask))
    return agents.map((agent, i) => ({ agent, ...answers[i] }))
  }
  const main = async () => {
    const held = await open(40)
    console.log(JSON.stringify({ first: held.map(({ text }) => text) }))
    for (;;) {
      const more = await open(40)
      for (const { agent } of more) agent.destroy()
      if (more.some(({ text }) => text === '${GONE}')) continue
      console.log(JSON.stringify({ fresh: more.map(({ text }) => text) }))
      break
    }
    const again = await Promise.all(held.map(({ agent }) => ask(agent)))
    console.log(JSON.stringify({ moved: again.filter(({ text, port }, i) => text !== held[i].text || port !== held[i].port).length }))
    process.exit()
  }
  main().catch((error) => { console.log(JSON.stringify({ error: String(error) })); process.exit(1) })`

t.test('in a lab', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const folder = mkdtempSync(join(tmpdir(), 'rxburst-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'ends.json')
  const list = (ips: string[]) =>
    writeFileSync(file, JSON.stringify(ips.map((ip) => ({ ip, mac: lab.hosts[1].mac }))))
  list(BACK_ENDS)
  for (const ip of BACK_ENDS.slice(1))
    await ended(t, ...on(lab, 'right', ['ip', 'address', 'add', `${ip}/24`, 'dev', 'eth0']))
  const neighbour = ['ip', 'neigh', 'replace', VIP, 'lladdr', '02:72:78:62:00:64', 'dev', 'eth0']
  await ended(t, ...on(lab, 'left', neighbour))
  const server = start(t, ...on(lab, 'right', [process.execPath, '-e', SERVER]))
  await server.prints(/listening/)
  const ports = lab.hosts.map(({ near }) => `afxdp:${near}`)
  const program = await example(t, '15-load-balancer.ts', ports, { ip: VIP, file })

  const client = start(t, ...on(lab, 'left', [process.execPath, '-e', CLIENT]))
  await client.prints(/first|error/)
  list(BACK_ENDS.slice(1))
  const { stdout, stderr } = await client.ended
  const { first, fresh, moved, error } = Object.assign(
    {},
    ...stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  )
  t.equal(error, undefined, stderr)
  t.same([...new Set(first)].sort(), BACK_ENDS, `each back end has connections`)
  t.same([...new Set(fresh)].sort(), BACK_ENDS.slice(1), 'new ones go to those in the list')
  t.equal(moved, 0, 'and 40 connections are where they were')
  await stop(t, program)
})

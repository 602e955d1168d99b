// `rxburst/wire` is JavaScript: it reads, builds and looks up where the package has neither an addon nor its
// dependencies.
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ended, root } from '../fixtures/child.js'

const folder = t.testdir({
  'package.json': '{ "type": "module" }',
  'reads.mjs': `
    import { fill, formatIp, ipv4, is, locate, Lpm4, ports, transportChecksumOk } from 'rxburst/wire'
    const packet = new Uint8Array(60)
    fill(packet, 'ethernet/ipv4/udp', { ipv4: { source: '10.0.0.1' }, udp: { sourcePort: 7, destinationPort: 53 } })
    const at = locate(packet)
    const table = Lpm4.create()
    table.add('10.0.0.0/8', 5)
    console.log(is.udp(at), formatIp(ipv4.source(packet, at)), ports(packet, at), transportChecksumOk(packet, at), table.lookup(0x0a000001))`,
  'runs.mjs': `import 'rxburst'`,
})
mkdirSync(join(folder, 'node_modules/rxburst'), { recursive: true })
for (const part of ['dist', 'package.json'])
  cpSync(join(root, part), join(folder, 'node_modules/rxburst', part), { recursive: true })

t.test('it works', async (t) => {
  const { code, stdout, stderr } = await ended(t, process.execPath, [join(folder, 'reads.mjs')])
  t.equal(code, 0, stderr)
  t.equal(stdout, `true 10.0.0.1 ${7 * 65536 + 53} true 5\n`)
})

t.test('the package itself does not work there, so there is no addon', async (t) => {
  const { code, stderr } = await ended(t, process.execPath, [join(folder, 'runs.mjs')])
  t.not(code, 0)
  t.match(stderr, /rxburst/)
})

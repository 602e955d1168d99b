// Each program of docs/tables.md runs as it stands there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DROP, tx } from 'rxburst'
import { load } from 'rxburst/testing'
import { Histogram, Lpm4, Maglev, TokenBucket } from 'rxburst/wire'
import t from 'tap'
import { ended, root } from '../fixtures/child.js'

const folder = mkdtempSync(join(tmpdir(), 'rxburst-tables-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const page = readFileSync(`${root}docs/tables.md`, 'utf8')
const files = [...page.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name, text]) => {
  writeFileSync(join(folder, name), text)
  return name
})
const processor = (name: string, options: { data: object; ports?: number }) =>
  load(pathToFileURL(join(folder, name)), options)

/** A UDP packet from one address to another. */
function datagram(from: readonly number[], to: readonly number[], sourcePort = 1000): Uint8Array {
  const bytes = new Uint8Array(60)
  bytes.set([0x08, 0x00, 0x45, 0, 0, 46], 12)
  bytes[23] = 17
  bytes.set(from, 26)
  bytes.set(to, 30)
  bytes.set([sourcePort >>> 8, sourcePort & 255, 0, 53, 0, 26], 34)
  return bytes
}

t.test('the page has these', async (t) => {
  t.same(files, ['main.ts', 'route.ts', 'limit.ts', 'sizes.ts', 'balance.ts'])
  t.equal(page.match(/^```ts/gm)?.length, files.length, 'and no program without a name')
})

t.test('main.ts', async (t) => {
  // No types in it, so that Node 20 runs it as JavaScript.
  const text = readFileSync(join(folder, 'main.ts'), 'utf8')
    .replace("'rxburst'", `'${root}dist/lib/index.js'`)
    .replace("'rxburst/wire'", `'${root}dist/lib/wire/index.js'`)
  writeFileSync(join(folder, 'main.mjs'), text)
  const { code, stdout, stderr } = await ended(t, process.execPath, [join(folder, 'main.mjs')])
  t.equal(code, 0, stderr)
  t.equal(stdout, '2 prefixes\n')
})

t.test('route.ts', async (t) => {
  const routes = Lpm4.create()
  routes.add('10.1.0.0/16', 1)
  const router = await processor('route.ts', { data: { routes }, ports: 2 })
  t.equal(router.receive(datagram([10, 9, 0, 1], [10, 1, 2, 3])).verdict, tx(1))
  t.equal(router.receive(datagram([10, 9, 0, 1], [10, 2, 2, 3])).verdict, DROP)
  routes.add('10.2.2.0/24', 0)
  t.equal(router.receive(datagram([10, 9, 0, 1], [10, 2, 2, 3])).verdict, tx(0))
})

t.test('limit.ts', async (t) => {
  const senders = TokenBucket.create({ buckets: 4096, rate: 1, burst: 2 })
  const limiter = await processor('limit.ts', { data: { senders }, ports: 2 })
  const verdicts = (last: number) =>
    [1, 2, 3].map(() => limiter.receive(datagram([10, 0, 0, last], [10, 1, 2, 3])).verdict)
  t.same(verdicts(1), [tx(1), tx(1), DROP])
  t.same(verdicts(2), [tx(1), tx(1), DROP], 'each sender has its own')
})

t.test('sizes.ts', async (t) => {
  const sizes = Histogram.create()
  const counter = await processor('sizes.ts', { data: { sizes } })
  for (const length of [60, 60, 1514]) counter.receive(new Uint8Array(length))
  t.same([sizes.count, sizes.max, sizes.percentile(50)], [3, 1514, 60])
})

t.test('balance.ts', async (t) => {
  const servers = Maglev.create({ backends: ['web1', 'web2', 'web3'] })
  const balancer = await processor('balance.ts', { data: { servers }, ports: 3 })
  const flows = Array.from({ length: 300 }, (_, i) => datagram([10, 0, 0, i & 255], [10, 1, 2, 3], 2000 + i))
  const before = flows.map((packet) => balancer.receive(packet).verdict)
  t.equal(new Set(before).size, 3)
  t.same(
    flows.map((packet) => balancer.receive(packet).verdict),
    before,
  )
  servers.set(['web1', null, 'web3'])
  const after = flows.map((packet) => balancer.receive(packet).verdict)
  t.notOk(after.includes(tx(1)))
  const moved = after.filter((verdict, i) => before[i] !== tx(1) && verdict !== before[i]).length
  t.ok(moved < 30, `${moved} of 300 flows of the others moved`)
})

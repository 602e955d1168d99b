// `import 'rxburst'` loads the addon and nothing of DPDK: the first dpdk: port does that.
import t, { type Test } from 'tap'
import { ended, root } from '../fixtures/child.js'
import { withoutDpdk } from '../fixtures/dpdk.js'

const LIBRARIES = `
  const { readFileSync } = await import('node:fs')
  const files = readFileSync('/proc/self/maps', 'utf8').match(/\\/\\S+/g)
  console.log(JSON.stringify([...new Set(files)].map((file) => file.slice(file.lastIndexOf('/') + 1))))
`

/** The files that a process has mapped after that. */
async function mapped(t: Test, program: string): Promise<string[]> {
  const text = `const { open } = await import('${root}dist/lib/index.js')\n${program}\n${LIBRARIES}`
  const { code, stdout, stderr } = await ended(t, process.execPath, ['--input-type=module', '-e', text])
  t.equal(code, 0, stderr)
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

const isDpdk = (file: string) => /dpdk|librte/.test(file)

t.test('the import, and a port of another backend', async (t) => {
  const files = await mapped(t, "await open('loop:a')")
  t.ok(files.includes('rxburst.node'), 'the addon is there')
  t.same(files.filter(isDpdk), [])
})

t.test('a dpdk: port is what loads it', { skip: withoutDpdk }, async (t) => {
  const files = await mapped(t, "await open('dpdk:net_null0')")
  t.ok(files.includes('rxburst_dpdk.node'))
  t.ok(files.some((file) => file.startsWith('librte_ethdev')))
})

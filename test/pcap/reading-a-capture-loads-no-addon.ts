// A capture file is read where no addon can be loaded.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { root } from '../fixtures/child.js'

const PROGRAM = `
process.dlopen = (_module, file) => { throw new Error('it loads ' + file) }
for (const file of ['reader', 'writer', 'link-types']) await import('${root}dist/lib/pcap/' + file + '.js')
console.log('read')`

t.test('lib/pcap', async (t) => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  t.equal(stdout, 'read\n', stderr)
})

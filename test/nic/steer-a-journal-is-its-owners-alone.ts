// The journal of NIC settings is its owner's alone: others can't read it, can't make a dead process look alive, and a
// full disk is told.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { native } from '../../dist/lib/native.js'
import { main } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'

const writer = fileURLToPath(new URL('../fixtures/nic/journal-writer.mjs', import.meta.url))

function folder(t: Test) {
  const parent = mkdtempSync(join(tmpdir(), 'rxburst-journal-'))
  chmodSync(parent, 0o755)
  const path = join(parent, 'journals')
  mkdirSync(path)
  t.teardown(() => rmSync(parent, { recursive: true }))
  const node = (...words: string[]) => {
    const env = { ...process.env, RXBURST_JOURNAL: path, NODE_OPTIONS: '' }
    return spawnSync(words[0], words.slice(1), { encoding: 'utf8', env })
  }
  return { path, node }
}

t.test('of a process that was killed', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  const { path, node } = folder(t)
  t.equal(node(process.execPath, writer, near).signal, 'SIGKILL')
  const [file] = readdirSync(path)
  t.equal(statSync(join(path, file)).mode & 0o777, 0o600, 'only its owner can read it')
  t.equal(native.nic.offloads(near).txvlan, false)

  const other = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const unprivileged = node(...other, process.execPath, main, 'doctor', '--repair')
  t.match(unprivileged.stderr, /not looked at: .*another user's; run as root/, 'another user is told so')
  t.notMatch(unprivileged.stderr, /nothing was left behind/)

  chmodSync(path, 0o777)
  node(process.execPath, main, 'doctor', '--repair')
  t.equal(native.nic.offloads(near).txvlan, false, 'a folder where others may write is not believed')
  chmodSync(path, 0o755)

  const holder = spawn('flock', ['-n', '-F', join(path, file), 'sh', '-c', 'echo held; exec sleep 600'])
  t.teardown(() => holder.kill('SIGKILL'))
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  const repaired = node(process.execPath, main, 'doctor', '--repair')
  t.match(repaired.stderr, /put back 1 settings/, "somebody else's lock does not make it look alive")
  t.equal(native.nic.offloads(near).txvlan, true)
  t.same(readdirSync(path), [])
})

t.test('on a full file system', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  const { path, node } = folder(t)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=755', 'none', path])
  t.teardown(() => execFileSync('umount', ['-l', path]))
  t.throws(() => writeFileSync(join(path, 'filler'), Buffer.alloc(1 << 20)), { code: 'ENOSPC' })
  const { code, message, txvlan } = JSON.parse(node(process.execPath, writer, near).stdout)
  t.equal(code, 'ERR_SYSTEM')
  t.match(message, /ENOSPC.*df /, 'the message says so')
  t.equal(txvlan, true, 'and nothing was changed')
  t.same(readdirSync(path), ['filler'], 'nothing half written stays')
})

t.test('what is no journal', async (t) => {
  const { path, node } = folder(t)
  execFileSync('mkfifo', ['-m', '600', join(path, 'pipe.jsonl')])
  writeFileSync(join(path, 'odd.jsonl'), '{"boot":1}\nnonsense\n', { mode: 0o600 })
  const { status, signal, stderr } = node('timeout', '60', process.execPath, main, 'doctor', '--repair')
  t.equal(signal, null)
  t.not(status, 124, 'nobody waits for a pipe')
  t.notMatch(stderr, /ERR_BAD_ARGUMENT|interfaceName/, 'a first line without an interface is not believed')
  t.same(readdirSync(path), ['pipe.jsonl'])
})

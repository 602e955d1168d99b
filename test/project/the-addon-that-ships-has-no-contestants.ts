// The benchmark's contestants in C are a module of their own: the addon has nothing of them, and is the only .node file
// beside them.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import { nativeBench } from '../../dist/lib/bench/native.js'
import { root } from '../fixtures/child.js'

const built = join(root, 'build/Release')
const CONTESTANTS = ['cLoop', 'udpPing', 'UdpPeer', 'XdpDrop']
const WORDS = [...CONTESTANTS, 'macswap']

/** Every key of the module object and of the objects in it. */
function keysOf(object: object): string[] {
  return Object.entries(object).flatMap(([key, value]) =>
    value !== null && typeof value === 'object' ? [key, ...keysOf(value)] : [key],
  )
}
const wordsIn = (file: string) => {
  const bytes = readFileSync(join(built, file))
  return WORDS.filter((word) => bytes.includes(word))
}

t.test('the module has them all', async (t) => {
  t.same(
    CONTESTANTS.filter((name) => !(name in nativeBench())),
    [],
  )
  t.same(wordsIn('rxburst_bench.so'), WORDS, 'the words that are looked for')
})

t.test('the addon has none', async (t) => {
  const keys = keysOf(createRequire(import.meta.url)(join(built, 'rxburst.node')))
  t.ok(keys.includes('open'), 'its functions are seen')
  t.same(
    keys.filter((key) => [...CONTESTANTS, 'bench'].includes(key)),
    [],
  )
  t.same(wordsIn('rxburst.node'), [], 'nor their code')
})

// node-gyp-build and prebuildify take the first one.
t.test('one file in build/Release is an addon', async (t) => {
  t.same(
    readdirSync(built).filter((name) => name.endsWith('.node')),
    ['rxburst.node'],
  )
})

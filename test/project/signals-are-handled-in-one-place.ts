// One file says which signals end a process and listens to them: lib/signals.ts. The broker's shield against SIGUSR1
// and the signals of a terminal's size and foreground are something else.

import type { EventEmitter } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { ENDING, onSignals, STOPPING } from '../../dist/lib/signals.js'
import { root } from '../fixtures/child.js'

const LISTENS =
  /\.(?:on|once|addListener|prependListener)\(\s*'SIG(?:INT|TERM|HUP|QUIT)'|\[\s*'SIG(?:INT|TERM|HUP|QUIT)'/

t.test('no other file lists or hears them', async (t) => {
  const files = readdirSync(`${root}lib`, { recursive: true })
    .map((name) => `lib/${name}`)
    .filter((name) => name.endsWith('.ts'))
  t.ok(files.length > 100, `${files.length} files were read`)
  t.same(
    files.filter((name) => LISTENS.test(readFileSync(root + name, 'utf8'))),
    ['lib/signals.ts'],
  )
})

t.test('what listened is gone afterwards', async (t) => {
  const listeners = () => ENDING.map((signal) => (process as EventEmitter).listenerCount(signal))
  const before = listeners()
  const heard: string[] = []
  const end = onSignals(ENDING, (signal) => heard.push(signal))
  t.same(
    listeners(),
    before.map((count) => count + 1),
  )
  for (const signal of STOPPING) process.emit(signal, signal)
  end()
  t.same(heard, [...STOPPING])
  t.same(listeners(), before)
})

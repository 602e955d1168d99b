// `import 'rxburst'` loads the modules of its public names; the work of open() and run() is loaded when they are called.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { root } from '../fixtures/child.js'

const lib = new URL(`file://${root}dist/lib/`)

/** The files that are loaded with this one, as paths below dist/lib. */
function loadedWith(url: URL, found = new Set<string>()): Set<string> {
  const path = url.href.slice(lib.href.length)
  if (found.has(path)) return found
  found.add(path)
  const imports = readFileSync(url, 'utf8').matchAll(/^(?:import|export) [^;]*?from '(\.[^']+)';$/gm)
  for (const [, specifier] of imports) loadedWith(new URL(specifier, url), found)
  return found
}

const LATER = [
  'control/open-port.js',
  'control/run-processor.js',
  'control/arena.js',
  'control/worker-thread.js',
  'dpdk-module.js',
  'grant/plugin-socket.js',
  'steering/journal/log.js',
]

t.test('the import', async (t) => {
  const loaded = loadedWith(new URL('index.js', lib))
  t.ok(loaded.has('worker/burst.js') && loaded.has('control/port.js') && loaded.has('native.js'))
  t.same(
    LATER.filter((file) => loaded.has(file)),
    [],
  )
})

t.test('open() and run() lead to the rest', async (t) => {
  const rest = new Set(
    ['control/open-port.js', 'control/run-processor.js'].flatMap((f) => [...loadedWith(new URL(f, lib))]),
  )
  t.same(
    LATER.filter((file) => !rest.has(file)),
    [],
  )
})

// `npm run check` fails, and names the file, for an import against the direction, an #include against it, a circle, a
// backend in another order, a file that is too long, a room with too many files, and a changed line in a generated
// file. Each is broken in a copy of the sources.
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { root } from '../fixtures/child.js'

const SOURCES = [
  'lib',
  'native',
  'scripts',
  'examples',
  'test',
  'docs',
  'package.json',
  'biome.json',
  'tsconfig.json',
  '.dependency-cruiser.mjs',
]

function copy(t: Test): string {
  const folder = t.testdir({})
  for (const name of SOURCES)
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) => !/\/native\/(\w+\/)?(build|\.deps)(\/|$)/.test(path),
    })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

function check(folder: string, word: string) {
  const { status, stdout } = spawnSync('npm', ['run', '--silent', 'check', '--', word], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, stdout }
}

const BREAKS = [
  {
    what: 'an import of control in worker',
    word: 'direction of imports',
    file: 'lib/worker/packet.ts',
    line: "import '../control/port.js'\n",
  },
  {
    what: 'an import of a room at the top',
    word: 'direction of imports',
    file: 'lib/errors.ts',
    line: "import './control/port.js'\n",
  },
  {
    what: 'a folder that no row names',
    word: 'direction of imports',
    file: 'lib/attic/attic.ts',
    line: "import '../errors.js'\n",
  },
  {
    what: 'an #include of a backend in core',
    word: 'direction of includes',
    file: 'native/core/memory/pool.h',
    line: '#include "../../backends/packet_socket.h"\n',
  },
  {
    what: 'an #include of the turn in the memory of core',
    word: 'direction of includes',
    file: 'native/core/memory/pool.h',
    line: '#include "../turn/turn_parts.h"\n',
  },
  {
    what: 'a room inside a room that no row names',
    word: 'direction of includes',
    file: 'native/core/attic/attic.h',
    line: '// nothing\n',
  },
  {
    what: 'a circle of #includes',
    word: 'direction of includes',
    file: 'native/abi/columns.h',
    line: '#include "layout.h"\n',
  },
  {
    what: 'a unity root that includes a room before one on which it builds',
    word: 'direction of includes',
    file: 'native/addon.cc',
    line: '#include "core/memory/pool.cc"\n',
  },
  {
    what: "a backend's function behind those that follow it in backend.h",
    word: 'order of backends',
    file: 'native/backends/af_xdp/transmit.cc',
    line: 'namespace rxb::af_xdp {\nvoid Reap(Queue *base) {\n}\n}\n',
  },
  {
    what: 'a table that calls a function by another name',
    word: 'order of backends',
    file: 'native/backends/loop.cc',
    line: 'const Backend kOther = {\n    .open = loop::OpenLoop,\n};\n',
  },
  {
    what: 'a file of more than 400 lines',
    word: '400 lines',
    file: 'native/core/memory/pool.h',
    line: '// one more\n'.repeat(400),
  },
  {
    what: 'a message in lib that begins with a capital letter',
    word: 'messages',
    file: 'lib/control/port.ts',
    line: "export const wrong = (name: string) => new RxburstError('ERR_CLOSED', 'The port ' + name)\n",
  },
  {
    what: 'a message in lib that comes by a function',
    word: 'messages',
    file: 'lib/control/port.ts',
    line: "const bad = (why: string) => new RxburstError('ERR_CLOSED', why)\nexport const wrong = () => bad('Closed')\n",
  },
  {
    what: 'a message in native that begins with a capital letter, in two pieces',
    word: 'messages',
    file: 'native/core/memory/pool.h',
    line: 'inline Status Wrong() { return Fail(kLimit,\n "The pool "\n "is full"); }\n',
  },
  {
    what: 'a message about a failed call without a verb',
    word: 'messages',
    file: 'native/core/memory/pool.h',
    line: 'inline Status Wrong() { return FailErrno("socket"); }\n',
  },
  {
    what: 'a message with a sentence of more than 30 words',
    word: 'messages',
    file: 'native/core/memory/pool.h',
    line: `inline Status Wrong() { return Fail(kLimit, "the pool is ${'very '.repeat(30)}full"); }\n`,
  },
  {
    what: 'a line added to a generated file',
    word: 'generated',
    file: 'lib/layout.gen.ts',
    line: '// by hand\n',
  },
]

/**
 * The words whose checks have passed on sources as they are: once for each word is enough, and all copies are alike.
 */
const passed = new Set<string>()
function passes(t: Test, folder: string, word: string): void {
  if (!passed.has(word)) t.equal(check(folder, word).status, 0, 'the sources as they are pass')
  passed.add(word)
}

for (const { what, word, file, line } of BREAKS)
  t.test(what, async (t) => {
    const folder = copy(t)
    passes(t, folder, word)
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    appendFileSync(join(folder, file), line)
    const { status, stdout } = check(folder, word)
    t.equal(status, 1, 'the check fails')
    t.match(stdout, file, 'and names the file')
  })

for (const room of ['lib/cli', 'test/fixtures', 'native/filter/emit'])
  t.test(`too many files in ${room}`, async (t) => {
    const folder = copy(t)
    const word = 'rooms of at most'
    passes(t, folder, word)
    for (let i = 0; i < 16; i++) writeFileSync(join(folder, room, `made${i}.gen.ts`), '')
    t.equal(check(folder, word).status, 0, 'generated files do not count')
    for (let i = 0; i < 16; i++) writeFileSync(join(folder, room, `more${i}.ts`), '')
    const { status, stdout } = check(folder, word)
    t.equal(status, 1, 'the check fails')
    t.match(stdout, new RegExp(`^${room} has \\d+ files`, 'm'), 'and names the room')
  })

t.test('one changed number in the generated file', async (t) => {
  const folder = copy(t)
  const file = join(folder, 'lib/layout.gen.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace('burstMax: 256', 'burstMax: 255'))
  const { status, stdout } = check(folder, 'generated')
  t.equal(status, 1, 'the check fails')
  t.match(stdout, 'lib/layout.gen.ts', 'and names the file')
})

t.test('all of these are part of the whole check', async (t) => {
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'check', '--', 'no such check'], {
    cwd: root,
    encoding: 'utf8',
  })
  t.equal(status, 1, 'a word that chooses nothing is an error')
  for (const { word } of [...BREAKS, { word: 'rooms of at most' }])
    t.match(stderr, word, `the list has: ${word}`)
})

// V8 inlines locate() and the accessors into the handler, its bytecode stays under the limit for that, and reading by
// name allocates nothing.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ended, root } from '../fixtures/child.js'
import { ipv4, udp } from '../fixtures/wire.js'

const INLINED_BYTECODE_MAX = 460 // V8's max_inlined_bytecode_size
const PACKET = Buffer.from(ipv4(17, udp(53, '61626364'))).toString('hex')
/** V8's traces go to a file: into a pipe that Node has made non-blocking, V8 loses what does not fit. */
async function node(t: Test, flags: string[], from: number, to: number) {
  const file = join(t.testdir({}), 'stdout')
  const words = [process.execPath, ...flags, `${root}test/fixtures/wire/located-run.mjs`, PACKET, from, to]
  const { code, stderr } = await ended(t, 'sh', ['-c', `exec ${words.join(' ')} >${file}`])
  t.equal(code, 0, stderr)
  return readFileSync(file, 'utf8')
}

t.test('inlined', async (t) => {
  const stdout = await node(t, ['--trace-turbo-inlining'], 6_000_000, 36_000_000)
  const inlined = (what: string) =>
    new RegExp(`Inlining .*SharedFunctionInfo ${what}>} into .*SharedFunctionInfo readsByName>`).test(stdout)
  t.ok(inlined('fast'), 'locate()')
  for (const name of ['source', 'destination', 'destinationPort', 'udp']) t.ok(inlined(name), name)
})

// Of a module's import or export V8 loads the cell at every use, and compares what it finds: a fifth of a read.
t.test('constants', async (t) => {
  const stdout = await node(t, ['--print-opt-code'], 6_000_000, 36_000_000)
  const code = stdout.split(/^name = /m).filter((text) => text.startsWith('readsByName\n'))
  t.ok(code.length > 0, 'its code is printed')
  const imports = ['fast', 'tx'] // locate() and tx(): the handler's own imports
  for (const [, value] of code.join('').matchAll(/<Cell value= ([^>]*)>/g)) {
    const name = /<JSFunction (\w+)/.exec(value)?.[1]
    if (name !== undefined) t.ok(imports.includes(name), `${name} is called through a cell`)
    else t.match(value, /<Object /, `${value} is loaded from a cell`)
  }
})

t.test('bytecode', async (t) => {
  const filter = ['--print-bytecode', '--print-bytecode-filter=fast']
  const stdout = await node(t, filter, 1000, 2000)
  const sizes = [...stdout.matchAll(/Bytecode length: (\d+)\nParameter count 2/g)].map(([, size]) =>
    Number(size),
  )
  t.ok(sizes.length > 0, `it is printed: ${sizes}`)
  for (const size of sizes) t.ok(size < INLINED_BYTECODE_MAX, `${size} bytes`)
})

t.test('heap', async (t) => {
  const stdout = await node(t, [], 6_000_000, 36_000_000)
  const [, bytes] = /HEAP (\S+) bytes/.exec(stdout) ?? []
  t.ok(Number(bytes) < 0.05, `${bytes} bytes a packet`)
})

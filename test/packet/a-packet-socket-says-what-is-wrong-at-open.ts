// socket: and packet: check before anything is touched; the error names what is wrong and what mends it.
import { execFileSync, spawnSync } from 'node:child_process'
import { type AnyOptions, open } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'

const met = inNamespaceOfItsOwn()
const skip = !met && 'this machine gives no network namespace'
const ip = (...words: string[]) => execFileSync('ip', words)
const [end] = ENDS

if (met) await (await open('loop:first')).close() // the arena is made at the first open

for (const backend of ['socket', 'packet']) {
  const name = `${backend}:${end}`
  t.test(`${backend}: devices`, { skip }, (t) =>
    leavesNothing(t, async () => {
      await rejectsWith(
        t,
        open(`${backend}:cf7`),
        'ERR_NO_INTERFACE',
        /'cf7'.*has cf[01], cf[01], lo.*ip link/,
      )
      await rejectsWith(t, open(`${backend}:`), 'ERR_BAD_PORT_NAME', /names no device/)
      await rejectsWith(t, open(`${backend}:lo`), 'ERR_INTERFACE_DOWN', /ip link set lo up/)
      ip('link', 'set', end, 'mtu', '3000')
      await rejectsWith(t, open(name), 'ERR_MTU', /MTU of cf0 is 3000.*ip link set cf0 mtu 1774/)
      ip('link', 'set', end, 'mtu', '1500')
    }),
  )
  t.test(`${backend}: options`, { skip }, (t) =>
    leavesNothing(t, async () => {
      await rejectsWith(
        t,
        open(name, { fanout: 'hsah' } as AnyOptions),
        'ERR_BAD_OPTION',
        /fanout wants 'hash', 'cpu' or 'lb', not 'hsah'/,
      )
      await rejectsWith(
        t,
        open(name, { qdiscBypass: 'yes' } as AnyOptions),
        'ERR_BAD_OPTION',
        /qdiscBypass wants true or false, not 'yes'/,
      )
      await rejectsWith(t, open(name, { blockSize: 4096 } as AnyOptions), 'ERR_BAD_OPTION', /'blockSize'/)
    }),
  )
}

t.test('numbers out of range are named with their range', { skip }, (t) =>
  leavesNothing(t, async () => {
    const socket = `socket:${end}`
    const packet = `packet:${end}`
    await rejectsWith(
      t,
      open(socket, { receiveBufferBytes: 1 } as AnyOptions),
      'ERR_BAD_OPTION',
      /receiveBufferBytes wants .* from 4096/,
    )
    await rejectsWith(
      t,
      open(socket, { busyPollUs: -1 } as AnyOptions),
      'ERR_BAD_OPTION',
      /busyPollUs wants .* from 0/,
    )
    await rejectsWith(t, open(packet, { blockBytes: 5000 } as AnyOptions), 'ERR_BAD_OPTION', /power of two/)
    await rejectsWith(
      t,
      open(packet, { blockBytes: 8192, ringBytes: 8192 } as AnyOptions),
      'ERR_BAD_OPTION',
      /two blocks/,
    )
    await rejectsWith(
      t,
      open(packet, { blockTimeoutMs: 0 } as AnyOptions),
      'ERR_BAD_OPTION',
      /blockTimeoutMs wants .* from 1/,
    )
  }),
)

t.test('without CAP_NET_RAW', { skip }, async (t) => {
  const program = `
    import { open } from 'rxburst'
    for (const backend of ['socket', 'packet'])
      await open(backend + ':${end}').then(() => console.log('opened'), (e) => console.log(e.code, e.message))`
  const { stdout, stderr } = spawnSync(
    'setpriv',
    [
      '--bounding-set',
      '-net_raw',
      '--inh-caps',
      '-net_raw',
      process.execPath,
      '--input-type=module',
      '-e',
      program,
    ],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  )
  const lines = stdout.trim().split('\n')
  t.equal(lines.length, 2, stderr)
  for (const line of lines) t.match(line, /^ERR_NO_CAPABILITY .*CAP_NET_RAW.*setpriv/)
})

// Every option of every backend is checked by its row of the table: nothing is read up to where it stops to make sense.
import { type AnyOptions, open } from 'rxburst'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { rxburst } from '../fixtures/child.js'
import { rejectsWith } from '../fixtures/errors.js'

// No such device: options are checked before anybody looks for it.
const DEVICES = ['loop:a', 'socket:nowhere0', 'packet:nowhere0', 'afxdp:nowhere0', 'dpdk:net_nowhere0']

const NO_NUMBERS = [
  '',
  ' ',
  ' 7',
  '7 ',
  '7abc',
  '0x10',
  '-1',
  '+7',
  '1e3',
  '7.0',
  '07',
  '99999999999',
  'true',
]
const NO_FLAGS = ['', 'yes', 'True', '1', ' true', 'true ']

const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

for (const name of DEVICES) {
  t.test(name, { skip: native.backends.problem(name) }, async (t) => {
    for (const { key, kind, from, to, choices } of native.backends.of(name)!.options) {
      const refused = (value: unknown, wanted: string) =>
        rejectsWith(
          t,
          open(name, { takeAll: true, [key]: value } as AnyOptions),
          'ERR_BAD_OPTION',
          new RegExp(
            `^${quoted(name)}: option ${key} wants ${quoted(wanted)}, not '${quoted(String(value))}'$`,
          ),
        )
      if (kind === 'number' || kind === 'power of two') {
        const wanted = `a ${kind === 'number' ? 'whole number' : kind} from ${from} to ${to}`
        for (const value of [...NO_NUMBERS, to + 1, from - 1, from + 0.5, Number.NaN])
          await refused(value, wanted)
        if (kind === 'power of two') for (const value of [from + 1, to - 1]) await refused(value, wanted)
      } else if (kind === 'flag') {
        for (const value of NO_FLAGS) if (key !== 'segments') await refused(value, 'true or false')
      } else if (kind === 'choice') {
        const wanted = `${choices
          .slice(0, -1)
          .map((choice) => `'${choice}'`)
          .join(', ')} or '${choices.at(-1)}'`
        for (const value of ['', 'none', ` ${choices[0]}`, `${choices[0]}x`, choices[0].toUpperCase()])
          await refused(value, wanted)
      }
    }
  })
}

t.test('values at both ends of a range are taken', async (t) => {
  for (const name of ['socket:nowhere0', 'packet:nowhere0', 'afxdp:nowhere0'])
    for (const { key, kind, from, to, choices } of native.backends.of(name)!.options) {
      const good = kind === 'flag' ? [true, 'false'] : kind === 'choice' ? choices : [from, String(to)]
      if (kind === 'text') continue
      for (const value of good)
        await rejectsWith(
          t,
          open(name, { takeAll: true, [key]: value } as AnyOptions),
          'ERR_NO_INTERFACE',
          /nowhere0/,
        )
    }
})

t.test('in a name and on the command line', async (t) => {
  const refused = async (words: string, said: RegExp) =>
    rejectsWith(t, open(`afxdp:nowhere0,${words}`, { takeAll: true }), 'ERR_BAD_OPTION', said)
  const wants = (found: string) =>
    new RegExp(`option ring wants a power of two from 64 to 32768, not '${quoted(found)}'`)
  for (const found of ['2048abc', ' 2048', '0x10', '-1', '65536', '99999999999'])
    await refused(`ring=${found}`, wants(found))
  await refused('ring=', /not key=value/)
  await refused('ring=64,ring=64', /ring is given twice/)

  const { code, stderr } = await rxburst(t, 'drop', 'afxdp:nowhere0', '--take-all', '--opt', 'ring=2048abc')
  t.match(stderr, wants('2048abc'))
  t.not(code, 0)
  const twice = ['--opt', 'ring=64', '--opt', 'ring=128']
  t.match((await rxburst(t, 'drop', 'afxdp:nowhere0', '--take-all', ...twice)).stderr, /ring is given twice/)
  t.throws(
    () =>
      native.ports.open({
        name: 'loop:a',
        queues: null,
        options: [
          { key: 'peer', value: 'b' },
          { key: 'peer', value: 'c' },
        ],
        takeAll: true,
        rules: [],
        handed: null,
      }),
    { code: 'ERR_BAD_OPTION', message: /option peer is given twice/ },
    'whoever calls native code',
  )
})

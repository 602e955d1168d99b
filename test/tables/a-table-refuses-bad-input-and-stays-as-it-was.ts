// Each mistake has its code and a message with what was found; the table is as it was.
import { RxburstError } from 'rxburst'
import { flowHash, Histogram, Lpm4, Lpm6, Maglev, TokenBucket } from 'rxburst/wire'
import t, { type Test } from 'tap'

const refuses = (t: Test, call: () => unknown, code: string, words: RegExp) => {
  try {
    call()
    t.fail(`no error: ${code} ${words}`)
  } catch (error) {
    t.ok(error instanceof RxburstError)
    t.equal((error as RxburstError).code, code, (error as Error).message)
    t.match((error as Error).message, words)
  }
}

t.test('prefixes', async (t) => {
  const four = Lpm4.create()
  for (const [text, words] of [
    ['10.0.0.0/33', /0 to 32/],
    ['10.0.0.0/-1', /0 to 32/],
    ['10.0.0.0/', /0 to 32/],
    ['10.0.0.0/8/8', /'10\.0\.0\.0\/8' or|like '10/],
    ['10.0.0/8', /no IPv4 address/],
    ['256.0.0.0/8', /no IPv4 address/],
    ['2001:db8::/32', /no IPv4 address/],
    ['', /no IPv4 address/],
    ['10.1.2.3/8', /'10\.0\.0\.0\/8'/],
  ] as const) {
    refuses(t, () => four.add(text, 1), 'ERR_BAD_ADDRESS', words)
    refuses(t, () => four.remove(text), 'ERR_BAD_ADDRESS', words)
    refuses(t, () => four.get(text), 'ERR_BAD_ADDRESS', words)
  }
  refuses(t, () => four.add(7 as unknown as string, 1), 'ERR_BAD_ADDRESS', /not 7/)
  const six = Lpm6.create()
  for (const [text, words] of [
    ['2001:db8::/129', /0 to 128/],
    ['10.0.0.0/8', /no IPv6 address/],
    ['fe80::1%eth0/64', /no IPv6 address/],
    ['2001:db8::1/32', /2001:db8:0:0:0:0:0:0\/32/],
  ] as const)
    refuses(t, () => six.add(text, 1), 'ERR_BAD_ADDRESS', words)
  t.same([four.size, six.size], [0, 0])
})

t.test('IPv6 in all its spellings', async (t) => {
  const six = Lpm6.create()
  six.add('::ffff:192.0.2.1', 1)
  six.add('2001:DB8::/32', 2)
  six.add('::/0', 3)
  t.equal(six.get('::ffff:c000:201/128'), 1)
  t.equal(six.get('2001:0db8:0:0::/32'), 2)
  t.equal(six.lookup(0, 0, 0xffff, 0xc0000201), 1)
  t.equal(six.lookup(1, 2, 3, 4), 3)
})

t.test('values and sizes', async (t) => {
  const four = Lpm4.create()
  for (const value of [-1, 2 ** 24, 0.5, Number.NaN, '7', null])
    refuses(t, () => four.add('10.0.0.0/8', value as number), 'ERR_BAD_ARGUMENT', /16777215/)
  four.add('10.0.0.0/8', 2 ** 24 - 1)
  t.equal(four.lookup(0x0a000000), 2 ** 24 - 1)
  for (const prefixes of [0, 2 ** 24, 1.5, 'many'])
    refuses(t, () => Lpm4.create({ prefixes: prefixes as number }), 'ERR_BAD_ARGUMENT', /prefixes is a whole/)
  refuses(t, () => Lpm6.create({ groups: 0 }), 'ERR_BAD_ARGUMENT', /groups is a whole/)
  refuses(t, () => TokenBucket.create({} as { rate: number }), 'ERR_BAD_ARGUMENT', /wants a rate/)
  refuses(t, () => TokenBucket.create({ rate: 0 }), 'ERR_BAD_ARGUMENT', /rate.*not 0/)
  refuses(t, () => TokenBucket.create({ rate: 1, burst: 2 ** 30 }), 'ERR_BAD_ARGUMENT', /burst/)
  refuses(t, () => TokenBucket.create({ rate: 1, buckets: 0 }), 'ERR_BAD_ARGUMENT', /buckets/)
  refuses(t, () => Histogram.create({ rows: 65 }), 'ERR_BAD_ARGUMENT', /rows/)
  refuses(t, () => Histogram.create().percentile(101), 'ERR_BAD_ARGUMENT', /0 to 100/)
  refuses(t, () => Maglev.create({ size: 65536 }), 'ERR_BAD_ARGUMENT', /prime.*65537/)
  refuses(t, () => Maglev.create({ backends: ['a', 'a'] }), 'ERR_BAD_ARGUMENT', /'a' occurs twice/)
  refuses(t, () => Maglev.create({ backends: [''] }), 'ERR_BAD_ARGUMENT', /a name/)
  refuses(t, () => Maglev.create({ size: 2, backends: ['a', 'b', 'c'] }), 'ERR_BAD_ARGUMENT', /3 backends/)
  refuses(t, () => flowHash({ key: new Uint8Array(39) }), 'ERR_BAD_ARGUMENT', /40 to 256.*39/)
  refuses(t, () => flowHash({ key: 'symmetric' as unknown as Uint8Array }), 'ERR_BAD_ARGUMENT', /symmetric/)
  refuses(t, () => flowHash().bytes(new Uint8Array(64), 0, 37), 'ERR_BAD_ARGUMENT', /36 bytes at most/)
})

t.test('a table that is full', async (t) => {
  const four = Lpm4.create({ prefixes: 2, groups: 1 })
  four.add('10.0.0.0/25', 1)
  refuses(t, () => four.add('10.0.1.0/25', 2), 'ERR_TABLE_FULL', /create\(\{ groups \}\)/)
  t.equal(four.lookup(0x0a000100), -1)
  t.equal(four.get('10.0.1.0/25'), -1)
  four.add('10.0.0.128/32', 3)
  refuses(
    t,
    () => four.add('11.0.0.0/8', 2),
    'ERR_TABLE_FULL',
    /2 prefixes already.*create\(\{ prefixes \}\)/,
  )
  t.equal(four.lookup(0x0b000000), -1)
  four.add('10.0.0.0/25', 9)
  t.equal(four.lookup(0x0a000001), 9, 'another value for a prefix that is there')
  four.remove('10.0.0.0/25')
  four.remove('10.0.0.128/32')
  four.add('10.0.1.0/25', 2)
  t.equal(four.lookup(0x0a000100), 2, 'what was given back is used again')

  const six = Lpm6.create({ groups: 12 })
  refuses(t, () => six.add('2001:db8::1', 1), 'ERR_TABLE_FULL', /groups/)
  t.equal(six.size, 0)
})

t.test('buffers of something else', async (t) => {
  const tables = { Lpm4, Lpm6, TokenBucket, Histogram, Maglev }
  const none = Lpm4.create().buffer
  for (const [name, table] of Object.entries(tables)) {
    for (const wrong of [undefined, null, 7, {}, new ArrayBuffer(4096), new Uint8Array(8)])
      refuses(t, () => table.from(wrong as unknown as SharedArrayBuffer), 'ERR_BAD_ARGUMENT', /create\(\)/)
    for (const bytes of [0, 100, 4096])
      refuses(t, () => table.from(new SharedArrayBuffer(bytes)), 'ERR_BAD_ARGUMENT', /holds no table/)
    if (name !== 'Lpm4') refuses(t, () => table.from(none), 'ERR_BAD_ARGUMENT', /a table of the class Lpm4/)
  }
  refuses(t, () => Histogram.from(Histogram.create({ rows: 2 }), 2), 'ERR_BAD_ARGUMENT', /row.*0 to 1/)
})

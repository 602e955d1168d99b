// A string that C would cut short is refused, and so is a list of queues that changes while it is read.

import { open } from 'rxburst'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { rxburst } from '../fixtures/child.js'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'

const any = (value: unknown) => value as never
const PORT = { name: 'loop:b', queues: null, options: [], takeAll: false, rules: [], handed: null }
const CLASSIFIER = { namespace: '/proc/self/ns/net', interface: 'lo', port: 1, queue: 0, name: 'x' }
const GENERATOR = { interface: 'lo', frame: new Uint8Array(64), portOffset: 34, firstPort: 1, flows: 1 }

t.test('a NUL', async (t) => {
  await (await open('loop:a')).close() // makes the arena
  await leavesNothing(t, async () => {
    for (const name of ['loop:a\0b', 'loop\0:a', 'socket:lo\0', '\0loop:a'])
      await rejectsWith(t, open(name, { takeAll: true }), 'ERR_BAD_PORT_NAME', /NUL/)
    const options: object[] = [
      { segments: true, ring: '64\0' },
      { fanout: 'hash\0', takeAll: true },
      { eal: '\0' },
      { pluginSocket: '/tmp/x\0y', takeAll: true },
      { xskmap: '\0', takeAll: true },
    ]
    for (const [i, each] of options.entries()) {
      const name = ['afxdp:lo', 'socket:lo', 'dpdk:net_null0', 'afxdp:lo', 'afxdp:lo'][i]
      await rejectsWith(t, open(name, any(each)), 'ERR_BAD_OPTION', /NUL/)
    }
    await rejectsWith(t, open('loop:a', { steer: 'udp\0 or tcp' }), 'ERR_STEER', /NUL/)
    await rejectsWith(t, open('loop:a', { steer: ['tcp', 'udp\0'] }), 'ERR_STEER', /NUL/)
    await rejectsWith(t, open('loop:a', { pass: '\0' }), 'ERR_STEER', /NUL/)
  })
  const port = await open('loop:a', { steer: 'udp' })
  t.teardown(() => port.close())
  await rejectsWith(t, port.steer.add('tcp\0'), 'ERR_STEER', /NUL/)
  await rejectsWith(t, port.steer.set({ steer: 'tcp\0' }), 'ERR_STEER', /NUL/)
  t.equal(port.steer.rules.length, 1)
})

t.test('a NUL that comes to native code all the same', async (t) => {
  const calls: [string, unknown][] = [
    ['ports.open', { ...PORT, name: 'loop:b\0' }],
    ['ports.open', { ...PORT, options: [{ key: 'segments', value: 'true\0' }] }],
    ['backends.of', 'loop:\0'],
    ['nic.info', 'lo\0x'],
    ['rules.compile', 'udp\0'],
    ['traffic.classifyUdp', { ...CLASSIFIER, namespace: '/proc/self/ns/net\0' }],
    ['testing.openPinned', '/sys/fs/bpf\0'],
    ['nic.qdiscs', 'lo\0'],
  ]
  const groups = native as unknown as Record<string, Record<string, (argument: unknown) => unknown>>
  for (const [name, argument] of calls) {
    const [group, call] = name.split('.')
    t.throws(
      () => groups[group][call](argument),
      {
        code: 'ERR_BAD_ARGUMENT',
        message: /NUL/,
      },
      name,
    )
  }
  t.throws(() => new native.traffic.Generator({ ...GENERATOR, interface: 'lo\0' }), { message: /NUL/ })
})

t.test('a port name longer than its place', async (t) => {
  const at = (bytes: number) => `loop:${'x'.repeat(bytes - 5)}`
  const port = await open(at(511))
  t.equal(port.name, at(511), 'the longest is whole')
  await port.close()
  await rejectsWith(t, open(at(512)), 'ERR_BAD_PORT_NAME', /at most 511 bytes/)
  await rejectsWith(t, open(`loop:${'ä'.repeat(300)}`), 'ERR_BAD_PORT_NAME', /has 605/)
  await rejectsWith(t, open(`afxdp:${'e'.repeat(200)}`, { takeAll: true }), 'ERR_NO_INTERFACE', /no network/)
})

t.test('queues', async (t) => {
  await leavesNothing(t, async () => {
    const twisted = [0]
    twisted[Symbol.iterator] = any(function* () {
      yield 1_000_000
      yield -1
    })
    const port = await open('loop:a', { queues: twisted })
    t.same(
      port.queues.map(({ index }) => index),
      [0],
      'an iterator has no say',
    )
    await port.close()

    let reads = 0
    const fickle = new Proxy([0, 1], {
      get: (list, key) => (key === '0' && reads++ > 0 ? 1_000_000 : Reflect.get(list, key)),
    })
    const other = await open('loop:a', { queues: fickle })
    t.same(
      other.queues.map(({ index }) => index),
      [0, 1],
      'each is read once',
    )
    await other.close()

    const endless = new Proxy([], {
      get: (list, key) => (key === 'length' ? 2 ** 40 : Reflect.get(list, key)),
    })
    for (const queues of [
      endless,
      new Array(65).fill(0),
      [0, 0],
      [64],
      [-1],
      [0.5],
      ['0'],
      [null],
      { length: 1, 0: 0 },
    ])
      await rejectsWith(t, open('loop:a', { queues: any(queues) }), 'ERR_BAD_OPTION', /queue/)
  })
})

t.test('queues that come to native code all the same', async (t) => {
  const lists = [
    [],
    [64],
    [1_000_000],
    [-1],
    [2 ** 32],
    [2 ** 32 + 1],
    [0, 0],
    [0.5],
    ['0'],
    [{}],
    [Number.NaN],
    Array.from({ length: 100 }, (_, i) => i),
  ]
  for (const name of ['loop:b', 'socket:lo', 'packet:lo'])
    for (const list of lists)
      t.throws(
        () => native.ports.open({ ...PORT, name, queues: any(list), takeAll: true }),
        { code: 'ERR_BAD_ARGUMENT', message: /queue/ },
        `${name} ${JSON.stringify(list)}`,
      )
})

t.test('on the command line', async (t) => {
  for (const list of ['0,0', '0-2,1', '1-1,1']) {
    const { code, stderr } = await rxburst(t, 'drop', 'loop:a', '--queues', list)
    t.equal(code, 1)
    t.match(stderr, /lists [01] twice/)
  }
})

import { open } from 'rxburst'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'

const taken = async (name: string, options = {}) => {
  const port = await open(name, options)
  const found = {
    name: port.name,
    queues: port.queues.map((queue) => queue.index),
    segments: port.capabilities.segments,
  }
  await port.close()
  return found
}

t.test('options behind commas are those of that port', async (t) => {
  t.same(await taken('loop:a,queues=0-1'), { name: 'loop:a', queues: [0, 1], segments: 1 })
  t.same(await taken('loop:a,queues=0+2-3,segments=true'), {
    name: 'loop:a',
    queues: [0, 2, 3],
    segments: 16,
  })
  t.same(await taken('loop:a,peer=b,queues=1'), { name: 'loop:a,peer=b', queues: [1], segments: 1 })
  t.same((await taken('loop:a,queues=2', { queues: [0, 1] })).queues, [2], 'they outweigh those given beside')
  t.same((await taken('loop:a,segments=true', { queues: [0, 1] })).queues, [0, 1], 'the others stay')
  t.same((await taken('loop:a,queues=all')).queues, [0])

  const port = await open('loop:a,steer=udp dst port 53,steer=ip[8] = 1,pass=tcp', { takeAll: true })
  t.same(
    port.steer.rules.map(({ action, expression }) => `${action} ${expression}`).sort(),
    ['pass tcp', 'steer ip[8] = 1', 'steer udp dst port 53'],
    'steer outweighs takeAll; only the first = divides',
  )
  await port.close()
})

t.test('wrong ones are named', async (t) => {
  await (await open('loop:a')).close()
  await leavesNothing(t, async () => {
    const wrong: [string, RegExp][] = [
      ['loop:a,queus=0', /no option 'queus'; did you mean 'queues'\? It takes queues, takeAll/],
      ['loop:a,queues=0,1', /'1' is not key=value.*joined by \+/],
      ['loop:a,queues=', /not key=value/],
      ['loop:a,queues=1-0', /queues=1-0 is no list of queues/],
      ['loop:a,queues=64', /no list of queues/],
      ['loop:a,queues=0+0', /queue 0 is listed twice/],
      ['loop:a,segments=yes', /segments is true or false, not 'yes'/],
      ['loop:a,takeAll=1', /takeAll is true or false/],
      ['loop:a,queues=0,queues=1', /queues is given twice/],
      ['loop:a,require=zerocopy', /did you mean 'zeroCopy'/],
      ['loop:a,,', /not key=value/],
    ]
    for (const [name, words] of wrong) await rejectsWith(t, open(name), 'ERR_BAD_OPTION', words)
  })
})

t.test('on the command line as in a program', async (t) => {
  const flags = ['--queues', '0-1', '--duration', '0.2', '--json']
  const { code, stdout, stderr } = await rxburst(t, 'l2fwd', 'loop:a,queues=3', 'loop:b', ...flags)
  t.equal(code, 0, stderr)
  t.same(
    JSON.parse(stdout).ports.map((port: { name: string; queues: number[] }) => [port.name, port.queues]),
    [
      ['loop:a', [3]],
      ['loop:b', [0, 1]],
    ],
    '--queues means the ports that say nothing',
  )
})

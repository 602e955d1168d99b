// A loop over the packets of a capture may stop it, and counts say what the loop was given. Files are for their user
// alone, compressed or not, and a file of the ring may be moved away.
import { existsSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { carousel } from '../fixtures/capture/carousel.js'
import { until } from '../fixtures/plane.js'

t.test('stop() in the loop', async (t) => {
  const plane = await carousel(t)
  const capture = await plane.capture()
  let given = 0
  for await (const _ of capture) {
    if (++given === 3) await capture.stop()
    if (given === 5) break
  }
  t.equal(given, 5, 'what was captured before is given still')
  t.equal((await capture.done).written, given, 'and each packet is counted when it is given')
  t.same(await capture.stop(), await capture.done, 'twice is fine')
})

t.test('stop() of a capture that nobody has read yet', async (t) => {
  const plane = await carousel(t)
  const capture = await plane.capture()
  capture[Symbol.asyncIterator]()
  t.equal((await capture.stop()).written, 0)
  await capture.done
})

t.test('files', async (t) => {
  const plane = await carousel(t)
  const folder = t.testdir({})
  for (const name of ['plain.pcapng', 'packed.pcapng.gz', 'plain.pcap']) {
    await (await plane.capture({ to: join(folder, name), count: 10 })).done
    t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
  }
  const ring = await plane.capture({ to: join(folder, 'ring.pcapng'), rotateBytes: 100_000, files: 2 })
  const first = join(folder, 'ring_00001.pcapng')
  await until('there is a first file', () => existsSync(first))
  renameSync(first, join(folder, 'moved.pcapng'))
  await until('the ring goes on', () => existsSync(join(folder, 'ring_00005.pcapng')))
  t.ok((await ring.stop()).written > 0)
})

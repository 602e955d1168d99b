import { open } from 'rxburst'
import t from 'tap'

for (const name of ['loop:a', 'afxdp:lo', 'packet:lo', 'socket:lo'])
  t.test(name, async (t) => {
    const error: Error = await open(name, { nonsense: 1 } as never).then(
      () => t.fail('it opened') as never,
      (reason) => reason,
    )
    const listed = /It takes (.*)\.$/.exec(error.message)?.[1].split(', ') ?? []
    t.ok(listed.includes('queues') && listed.length > 5, error.message)
    t.equal(new Set(listed).size, listed.length, 'each once')
  })

// Field by field against tshark, on captures that nobody here made: those of Debian's source packages tcpdump and
// wireshark, and copies that editcap has changed with the seeds 1, 2 and so on. RXBURST_COMPARISONS packets at the
// least; without it, one file in sixty and one copy of it.
import { spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import t from 'tap'
import { debianCaptures } from '../fixtures/wire/debian-captures.js'
import { type Disagreement, KNOWN, PACKETS, SLICE } from '../fixtures/wire/known-disagreements.js'
import { type Compared, compare, type Difference } from '../fixtures/wire/tshark-fields.js'

const WANTED = Number(process.env.RXBURST_COMPARISONS ?? 0)
// Another seed than 1 makes other copies: then no difference may be unknown, but nobody has counted the known ones.
const FIRST = Number(process.env.RXBURST_SEED ?? 1)
const AT_ONCE = 4
const { files, skip } = debianCaptures()
const chosen = WANTED > 0 ? files : files.filter((_, i) => i % 60 === 5)

class Tally {
  packets = 0
  ethernet = 0
  values = 0
  readonly known = new Map<Disagreement, number>()
  readonly faults: Difference[] = []

  add({ packets, ethernet, values, differences }: Compared): void {
    this.packets += packets
    this.ethernet += ethernet
    this.values += values
    const seen = new Set<string>()
    for (const difference of differences) {
      const why = KNOWN.find(({ applies }) => applies(difference))
      if (!why) {
        this.faults.push(difference)
        continue
      }
      const key = `${KNOWN.indexOf(why)} ${difference.packet}`
      if (!seen.has(key)) this.known.set(why, (this.known.get(why) ?? 0) + 1)
      seen.add(key)
    }
  }

  tell(t: { comment(text: string): void }): void {
    t.comment(`${this.packets} packets, ${this.ethernet} of them Ethernet, ${this.values} values`)
    for (const [{ reason }, count] of this.known) t.comment(`${count} packets disagree: ${reason}`)
  }

  /** The first few faults, as one reads them. */
  shown(): string[] {
    return this.faults
      .slice(0, 40)
      .map(
        ({ file, packet, field, tshark, ours, protocols }) =>
          `${basename(file)} ${packet} ${field}: tshark [${tshark.slice(0, 6)}] ours [${ours.slice(0, 6)}] ${protocols}`,
      )
  }
}

/** A copy that editcap has changed; undefined for a file of several link types, which it refuses. */
function copyOf(file: string, seed: number, copy: string): string | undefined {
  const { status } = spawnSync('editcap', ['-E', '0.02', '--seed', String(seed), file, copy], {
    stdio: 'ignore',
  })
  return status === 0 ? copy : undefined
}

/** Compares the captures, or copies of them with that seed, a few at a time. */
async function compareAll(seed: number, folder: string): Promise<Tally> {
  const tally = new Tally()
  const left = [...chosen]
  const worker = async (_: unknown, number: number) => {
    for (let file = left.shift(); file; file = left.shift()) {
      const read = seed === 0 ? file : copyOf(file, seed, join(folder, `${seed}-${number}.pcapng`))
      if (read) tally.add(await compare(read))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return tally
}

t.test('captures, and copies that editcap has changed', { skip }, async (t) => {
  const folder = t.testdir({})
  let packets = 0
  for (let seed = 0; seed < 2 || packets < WANTED; seed = seed === 0 ? FIRST : seed + 1) {
    const tally = await compareAll(seed, folder)
    packets += tally.packets
    t.comment(seed === 0 ? 'the captures' : `copies with the seed ${seed}`)
    tally.tell(t)
    t.same(tally.shown(), [], `${seed}: no difference that is not known`)
    const counts = Object.fromEntries([...tally.known].map(([{ name }, count]) => [name, count]))
    const expected = (WANTED > 0 ? PACKETS : SLICE)[seed]
    if (expected)
      t.same({ packets: tally.packets, ...counts }, expected, `${seed}: each known one as often as listed`)
    if (seed >= FIRST && WANTED === 0) break
  }
  t.ok(packets >= WANTED && packets > 100, `${packets} packets were compared`)
})

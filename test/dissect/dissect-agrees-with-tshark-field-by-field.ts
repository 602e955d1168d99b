// Field by field against tshark, on captures that nobody here made: those of Debian's source packages tcpdump and wireshark, and copies that
// editcap has changed. RXBURST_COMPARISONS packets at the least, of files in a random order that RXBURST_SEED repeats.
import { spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import t from 'tap'
import { debianCaptures } from '../fixtures/wire/debian-captures.js'
import { type Disagreement, KNOWN } from '../fixtures/wire/known-disagreements.js'
import { type Compared, compare, type Difference } from '../fixtures/wire/tshark-fields.js'

const WANTED = Number(process.env.RXBURST_COMPARISONS ?? 400)
const seed = Number(process.env.RXBURST_SEED ?? 13) // without a length of its own a run compares the same files always
const { files, skip } = debianCaptures()

/** Numbers below one, the same for the same seed. */
function random(from: number): () => number {
  let state = from >>> 0 || 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

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

/** Two files at a time, until so many packets are compared. */
async function compareAll(next: () => string | undefined, tally: Tally, wanted: number): Promise<void> {
  const worker = async () => {
    for (let file = next(); file && tally.packets < wanted; file = next()) tally.add(await compare(file))
  }
  await Promise.all([worker(), worker()])
}

t.test('captures as they are', { skip }, async (t) => {
  t.comment(`RXBURST_SEED=${seed}`)
  const pick = random(seed)
  const left = files.map((file) => ({ file, at: pick() })).sort((a, b) => a.at - b.at)
  const tally = new Tally()
  await compareAll(() => left.pop()?.file, tally, WANTED)
  tally.tell(t)
  t.same(tally.shown(), [], 'no difference that is not known')
  t.ok(tally.packets >= Math.min(WANTED, 20_000), `${tally.packets} packets were compared`)
})

t.test('copies that editcap has changed', { skip }, async (t) => {
  const folder = t.testdir({})
  const pick = random(seed + 1)
  const tally = new Tally()
  let copies = 0
  const next = (): string => {
    const file = files[Math.floor(pick() * files.length)]
    const copy = join(folder, `${copies++ % 4}.pcapng`)
    const number = String(Math.floor(pick() * 1e6))
    // It refuses files of several link types; the next one will do.
    const { status } = spawnSync('editcap', ['-E', '0.02', '--seed', number, file, copy], { stdio: 'ignore' })
    return status === 0 ? copy : next()
  }
  await compareAll(next, tally, WANTED / 2)
  tally.tell(t)
  t.same(tally.shown(), [], 'no difference that is not known')
  t.ok(tally.packets >= WANTED / 2, `${tally.packets} packets were compared`)
})

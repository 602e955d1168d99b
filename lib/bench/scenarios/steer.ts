// steer: what the generated XDP program costs per packet, beside one that was written by hand in C for the same rules.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { arch, tmpdir } from 'node:os'
import { join } from 'node:path'
import { native, packageRoot } from '../../native.js'
import { type Contestant, Missing } from '../contestants/contestant.js'
import type { Match, Scenario } from '../scenario.js'

const RULES = [1, 8, 64]
const FIRST = 4321
const STEP = 37
const RUNS = 200_000
const INCLUDE =
  { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[arch() as string] ?? `${arch()}-linux-gnu`

/** A UDP packet over IPv4. */
function packetTo(port: number, protocol = 17): Uint8Array {
  const packet = new Uint8Array(60)
  packet.set(
    [
      8,
      0,
      0x45,
      0,
      0,
      46,
      0,
      0,
      0,
      0,
      64,
      protocol,
      0,
      0,
      10,
      0,
      0,
      1,
      10,
      0,
      0,
      2,
      0x10,
      0xe1,
      port >> 8,
      port & 255,
      0,
      26,
    ],
    12,
  )
  return packet
}

/**
 * The first rule's packet, the last one's, one of the middle, one that no rule takes, and one that is not UDP at all.
 */
const packetsFor = (rules: number): Uint8Array[] =>
  [FIRST, FIRST + STEP * (rules - 1), FIRST + STEP * (rules >> 1), 1]
    .map((port) => packetTo(port))
    .concat(packetTo(FIRST, 6))

function command(program: string, args: string[], install: string): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (error) throw new Missing(`${program} is not here`, install)
  if (status !== 0) throw new Error(`${program}: ${stderr}`)
}

/** Compiles the program by hand, loads it, returns its descriptor. */
function byHand(rules: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'rxburst-bench-'))
  const pinned = `/sys/fs/bpf/rxburst-bench-${process.pid}-${rules}`
  try {
    const object = join(folder, 'rules.o')
    const defines = [`-DRULES=${rules}`, `-DFIRST=${FIRST}`, `-DSTEP=${STEP}`]
    const source = join(packageRoot, 'native/bench/rules.bpf.c')
    command(
      'clang',
      [
        '-O2',
        '-g',
        '-target',
        'bpf',
        '-mcpu=v3',
        `-I/usr/include/${INCLUDE}`,
        ...defines,
        '-c',
        source,
        '-o',
        object,
      ],
      'apt-get install clang libbpf-dev',
    )
    command('bpftool', ['prog', 'load', object, pinned], 'apt-get install bpftool')
    return native.testing.openPinned(pinned)
  } finally {
    rmSync(pinned, { force: true })
    rmSync(folder, { recursive: true })
  }
}

const generated = (rules: number): number =>
  native.testing.program(Array.from({ length: rules }, (_, i) => `udp dst port ${FIRST + STEP * i}`))

function contestant(kind: 'ours' | 'peer', rules: number, load: (rules: number) => number): Contestant {
  const name = `${kind === 'ours' ? 'generated' : 'C by hand'}, ${rules} rule${rules > 1 ? 's' : ''}`
  return {
    ...{ name, does: 'finds the rule of five kinds of packets, counts, redirects', kind, rules },
    ...{ runtime: 'c', backend: 'xdp', mode: 'steer', api: 'none', burst: 1 },
    async start() {
      const program = load(rules)
      const packets = packetsFor(rules)
      return {
        async measure(ms) {
          let runs = 0
          let seconds = 0
          while (seconds * 1000 < ms)
            for (const packet of packets) {
              seconds += native.testing.programSeconds({ program, packet, runs: RUNS })
              runs += RUNS
            }
          return { packets: runs, seconds }
        },
        async stop() {
          native.system.closeDescriptor(program)
        },
      }
    },
  }
}

async function make(): Promise<Match> {
  return {
    contestants: RULES.flatMap((rules) => [
      contestant('ours', rules, generated),
      contestant('peer', rules, byHand),
    ]),
    ratios: RULES.map((rules) => {
      const name = `${rules} rule${rules > 1 ? 's' : ''}`
      return [`generated, ${name}`, `C by hand, ${name}`, 'ns_per_packet']
    }),
    notes: ['BPF_PROG_TEST_RUN on one packet over and over: caches and branch predictors are warm for both'],
    close: async () => {},
  }
}

export const steerScenario: Scenario = {
  name: 'steer',
  about: 'what the XDP program made from rules costs per packet, beside one written in C',
  seconds: 30,
  lab: true,
  cpus: 1,
  make,
}

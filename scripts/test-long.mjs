// npm run test:long: the random tests in full, one after the other; npm run test:long -- NAME…: those whose names have
// these words. The table is the one list of tests that have a length. RXBURST_SEED=N repeats a run: a test names its
// seed.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Test files, and the length of each: the environment variable that it reads, and its value here. */
export const LONG = [
  ['ends/every-end-is-orderly-in-whatever-order-things-close', { ROUNDS: 1000 }],
  ['plane/any-call-in-any-order-works-or-says-why', { ROUNDS: 200 }],
  ['ends/a-run-that-fails-leaves-no-descriptor', { ROUNDS: 100 }],
  ['grant/the-broker-outlasts-its-clients', { ROUNDS: 100 }],
  ['owner/a-killed-process-leaves-no-program', { ROUNDS: 50 }],
  ['promises/random-words-in-every-column-crash-nothing', { ROUNDS: 500 }],
  ['promises/random-words-in-the-requests-of-flows-crash-nothing', { ROUNDS: 200 }],
  ['promises/scribbled-ring-headers-harm-packets-only', { ROUNDS: 200 }],
  ['afxdp/afxdp-starts-again-at-once-after-a-kill', { ROUNDS: 200 }],
  ['afxdp/afxdp-survives-what-nobody-should-send', { ROUNDS: 200 }],
  ['dissect/dissect-agrees-with-tshark-field-by-field', { RXBURST_COMPARISONS: 100_000 }],
  ['dissect/mutated-packets-end-and-never-throw', { ROUNDS: 10_000_000 }],
  ['pcap/a-mutated-capture-is-read-or-refused', { ROUNDS: 300_000 }],
  ['wire/mutated-packets-are-read-inside-their-bytes-only', { ROUNDS: 10_000_000 }],
  ['tables/the-longest-prefix-wins', { ROUNDS: 10_000 }],
  ['tables/readers-see-old-or-new-while-prefixes-change', { ROUNDS: 100 }],
  ['tables/token-buckets-are-exact', { ROUNDS: 20_000 }],
  ['tables/a-histogram-counts-what-a-list-would', { ROUNDS: 5_000 }],
  ['tables/maglev-spreads-evenly-and-disturbs-little', { ROUNDS: 500 }],
  ['capture/a-reader-can-harm-nobody-but-itself', { ROUNDS: 10_000 }],
  ['flows/the-driver-looks-flows-up-as-a-worker-does', { RXBURST_COMPARISONS: 200_000 }],
  ['flows/no-packet-overtakes-another-of-its-flow', { RXBURST_PACKETS: 20_000_000 }],
  ['flows/a-table-of-flows-does-what-a-map-would', { ROUNDS: 2000 }],
  ['steer/steer-layers-agree', { RXBURST_COMPARISONS: 2_000_000 }],
  ['steer/steer-dpdk-agrees-with-libpcap', { RXBURST_COMPARISONS: 1_000_000 }],
]

function runAll(words) {
  const tap = join(createRequire(import.meta.url).resolve('tap/package.json'), '../dist/esm/run.mjs')
  const chosen = LONG.filter(([name]) => words.length === 0 || words.some((word) => name.includes(word)))
  if (chosen.length === 0) {
    console.error(
      `no long test has '${words.join("' or '")}' in its name: ${LONG.map(([name]) => name).join(', ')}`,
    )
    process.exit(2)
  }
  const ends = []
  for (const [name, length] of chosen) {
    const lengths = Object.fromEntries(
      Object.entries(length).map(([key, value]) => [key, process.env[key] ?? String(value)]),
    )
    const began = Date.now()
    const { status } = spawnSync(process.execPath, [tap, '--timeout=0', `test/${name}.ts`], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...lengths },
    })
    const how = Object.entries(lengths).map((pair) => pair.join('='))
    ends.push({ ok: status === 0, line: `${name} ${how}, ${Math.round((Date.now() - began) / 1000)} s` })
  }
  for (const { ok, line } of ends) console.log(`${ok ? 'ok    ' : 'FAILED'}  ${line}`)
  process.exitCode = ends.every(({ ok }) => ok) ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runAll(process.argv.slice(2))

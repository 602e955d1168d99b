// The direction of #includes in native/: each room names the rooms whose headers it may include, and each room inside a
// room its sisters. Fails, and names the file, for an include against it, for a circle, and for a room without a row.
// ARCHITECTURE.md has the same order.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const native = fileURLToPath(new URL('../native', import.meta.url))

const FLOORS = ['abi', 'core']
const ROOMS = {
  abi: [],
  wire: [],
  core: ['abi'],
  bpf: FLOORS,
  nic: FLOORS,
  grant: FLOORS,
  filter: [...FLOORS, 'wire', 'bpf', 'nic'],
  flows: [...FLOORS, 'wire'],
  offload: [...FLOORS, 'bpf', 'nic', 'filter', 'flows'],
  tap: [...FLOORS, 'filter'],
  xdp: [...FLOORS, 'wire', 'bpf', 'nic', 'filter', 'flows'],
  backends: [...FLOORS, 'wire', 'bpf', 'nic', 'filter', 'flows', 'grant', 'xdp'],
  dpdk: [...FLOORS, 'bpf', 'nic', 'filter', 'flows', 'offload', 'xdp'],
  napi: [...FLOORS, 'bpf', 'nic', 'filter', 'flows', 'offload', 'grant', 'tap', 'xdp', 'backends'],
  bench: [...FLOORS, 'bpf', 'nic', 'flows', 'napi'],
}
// Inside a divided room: which of its sisters a room may include. The files at the top are what they share, and the
// table or the entry that puts them together, so the top includes all and all include it; a circle of files is found
// below.
const INNER = {
  'core/memory': [],
  'core/worker': ['memory'],
  'core/turn': ['memory', 'worker'],
  'flows/steps': [],
  'flows/list': [],
  'filter/graph': [],
  'filter/emit': ['graph'],
  'xdp/flows': [],
  'xdp/blocks': ['flows'],
  'xdp/test_run': [],
  'backends/af_xdp': [],
  'backends/pcap': [],
  'dpdk/eal': [],
  'dpdk/queue': ['eal'],
  'dpdk/device': ['eal', 'queue'],
  'dpdk/flow': ['eal', 'queue', 'device'],
  'napi/values': [],
  'napi/control': ['values'],
  'napi/nic': ['values'],
  'napi/grant': ['values'],
  'napi/traffic': ['values'],
  'napi/testing': ['values'],
}
// Unity roots: they include every file of their module and define nothing.
const ROOTS = ['addon.cc', 'dpdk/dpdk.cc', 'bench/bench.cc']

const files = readdirSync(native, { recursive: true })
  .filter((name) => /\.(cc|h|c)$/.test(name) && !/(^|\/)build\//.test(name) && !ROOTS.includes(name))
  .sort()
const roomOf = (file) => dirname(file).split('/')[0]
/** The room inside the room; '' at its top. */
const innerOf = (file) => dirname(file).split('/').slice(1).join('/')
const faults = []

const included = new Map()
for (const file of files) {
  const room = roomOf(file)
  if (!(room in ROOMS)) {
    faults.push(`native/${file} stands in no room that scripts/check-includes.mjs knows`)
    continue
  }
  const inner = innerOf(file)
  const sisters = INNER[`${room}/${inner}`]
  if (inner !== '' && sisters === undefined) {
    faults.push(`native/${file} stands in no room that scripts/check-includes.mjs knows`)
    continue
  }
  const text = readFileSync(join(native, file), 'utf8')
  const targets = [...text.matchAll(/^#include "([^"]+)"/gm)].map(([, name]) =>
    normalize(join(dirname(file), name)),
  )
  included.set(file, targets)
  for (const target of targets) {
    if (roomOf(target) !== room && !ROOMS[room].includes(roomOf(target)))
      faults.push(`native/${file} includes ${target}: ${room} lies below ${roomOf(target)}`)
    if (roomOf(target) === room && ![inner, '', ...(sisters ?? [innerOf(target)])].includes(innerOf(target)))
      faults.push(`native/${file} includes ${target}: ${room}/${inner} lies below ${room}/${innerOf(target)}`)
  }
}

// A unity root includes a room behind those that it builds on.
for (const unit of ROOTS) {
  const rooms = [...readFileSync(join(native, unit), 'utf8').matchAll(/^#include "([^"]+)"/gm)].map(
    ([, name]) => roomOf(normalize(join(dirname(unit), name))),
  )
  for (const [i, room] of rooms.entries())
    for (const later of new Set(rooms.slice(i + 1)))
      if (later !== room && ROOMS[room]?.includes(later))
        faults.push(`native/${unit} includes ${room} before ${later}, on which it builds`)
}

const done = new Set()
function walk(file, path) {
  if (path.includes(file)) {
    faults.push(
      `a circle of includes: ${[...path.slice(path.indexOf(file)), file].map((name) => `native/${name}`).join(' > ')}`,
    )
    return
  }
  if (done.has(file)) return
  for (const target of included.get(file) ?? []) walk(target, [...path, file])
  done.add(file)
}
for (const file of files) walk(file, [])

for (const fault of faults) console.error(fault)
process.exitCode = faults.length > 0 ? 1 : 0

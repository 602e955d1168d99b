// The direction of imports in lib/: each room names the rooms that it may import. lib's top is open to all and imports
// no room.
// `npm run check` reads this; ARCHITECTURE.md has the same order as a picture.
const ROOMS = {
  native: [],
  'control-socket': [],
  grant: [],
  steering: ['grant'],
  loader: [],
  lab: [],
  init: [],
  pcap: [],
  tables: [],
  capture: ['control-socket', 'pcap'],
  dissect: ['pcap', 'wire'],
  flows: ['wire', 'worker'],
  worker: ['flows', 'loader'], // a worker's thread puts its flows together; they know of it what packets are
  wasm: ['worker'],
  wire: ['tables', 'worker'],
  testing: ['flows', 'loader', 'worker'],
  control: ['capture', 'control-socket', 'flows', 'grant', 'steering', 'worker'],
  metrics: ['control'],
  broker: ['control', 'grant'],
  doctor: ['steering'],
  generate: ['control', 'lab', 'tables', 'wire', 'worker'],
  replay: ['control', 'generate', 'pcap', 'tables', 'wire', 'worker'],
  demo: ['lab'],
  bench: ['control', 'flows', 'generate', 'lab', 'loader', 'steering', 'tables', 'wasm', 'wire', 'worker'],
  cli: ['bench', 'broker', 'capture', 'control', 'control-socket', 'dissect', 'doctor', 'generate', 'grant', 'init', 'lab', 'metrics', 'pcap', 'replay', 'steering', 'wasm', 'worker'],
}

const inside = (names) => `^lib/(${names.join('|')})/`
// What `import 'rxburst'` leads to; a processor that lib brings along imports the package as a user's does.
const FACE = '^lib/index[.]ts$'

const directions = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `${room}-imports-what-lies-below-it`,
  severity: 'error',
  from: { path: inside([room]) },
  to: { path: '^(lib|examples)/', pathNot: [inside([room, ...allowed]), '^lib/[^/]+[.]ts$'] },
}))

export default {
  forbidden: [
    ...directions,
    {
      name: 'the-top-imports-no-room',
      comment: 'All but the face of the package serve every room, so they lie below all of them; lib/native describes the addon.',
      severity: 'error',
      from: { path: '^lib/[^/]+[.]ts$', pathNot: FACE },
      to: { path: '^lib/[^/]+/', pathNot: inside(['native']) },
    },
    {
      name: 'a-room-has-its-row',
      comment: 'A folder of lib/ without a row in ROOMS would have no direction at all.',
      severity: 'error',
      from: { path: '^lib/[^/]+/', pathNot: inside(Object.keys(ROOMS)) },
      to: {},
    },
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node:|dist/)' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
}

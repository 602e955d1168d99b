// The files of a new project: a processor, its test, and what npm and TypeScript want.
import { basename } from 'node:path'
import { oldestNode, packageVersion } from '../package-root.js'

const PROCESSOR = `// processor.ts: drops UDP to one port, and sends every other packet out of the other port.
import { type BurstHandler, type Context, DROP, perPacket, tx } from 'rxburst'
import { is, locate, udp } from 'rxburst/wire'

/** What \`--data '{"closed":4321}'\` gives. */
export interface Options {
  closed: number
}

export default ({ data }: Context<Options | undefined>): BurstHandler => {
  const closed = data?.closed ?? 9
  return perPacket((packet) => {
    const at = locate(packet)
    return is.udp(at) && udp.destinationPort(packet, at) === closed ? DROP : tx(packet.port ^ 1)
  })
}
`

const TEST = `// The processor in a unit test: no port, no privilege. \`npm test\` runs it.
import assert from 'node:assert'
import test from 'node:test'
import { DROP, tx } from 'rxburst'
import { load } from 'rxburst/testing'

const processor = await load(new URL('../processor.ts', import.meta.url), { data: { closed: 4321 } })

/** A UDP packet from 192.0.2.1 to 192.0.2.2, in an Ethernet frame. */
const udpTo = (port) =>
  Uint8Array.from(
    Buffer.from(
      '020000000002' + '020000000001' + '0800' +
        '4500001c00000000' + '4011f6ce' + 'c0000201' + 'c0000202' +
        '04d2' + port.toString(16).padStart(4, '0') + '0008' + '0000',
      'hex',
    ),
  )

test('packets to the closed port are dropped', () => {
  assert.equal(processor.receive(udpTo(4321)).verdict, DROP)
})

test('every other packet leaves by the other port', () => {
  assert.equal(processor.receive(udpTo(53), 1).verdict, tx(0))
  assert.deepEqual(processor.clear(), [{ port: 0, bytes: udpTo(53) }])
})
`

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2022",
    "module": "nodenext",
    "strict": true,
    "noEmit": true,
    "verbatimModuleSyntax": true
  }
}
`

const manifest = (name: string) =>
  `${JSON.stringify(
    {
      name,
      version: '0.0.0',
      private: true,
      type: 'module',
      engines: { node: `>=${oldestNode}` },
      scripts: {
        test: 'node --test',
        start: 'rxburst run processor.ts loop:a loop:b --duration 10',
      },
      dependencies: { rxburst: `^${packageVersion}` },
    },
    null,
    2,
  )}\n`

/** A name that npm takes, made of a folder's. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 200)
  return name === '' || name === 'rxburst' ? 'processor' : name
}

/** Each file by its name in the folder. */
export const filesFor = (folder: string): Readonly<Record<string, string>> => ({
  'package.json': manifest(packageName(folder)),
  'tsconfig.json': TSCONFIG,
  'processor.ts': PROCESSOR,
  'test/processor.test.mjs': TEST,
})

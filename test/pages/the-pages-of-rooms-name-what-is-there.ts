// The READMEs inside native/ name files and functions of their room: each is there, and each source file of the room is
// named.
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/child.js'

const KERNEL_OR_DPDK = /^(rte_|x[spd][kp]?_|__xsk|veth_|do_xdp)/
const ELSEWHERE = ['rxburst_backend', 'dlopen', 'alloc'] // in dpdk.cc as a symbol, in the C library, in TypeScript

for (const room of ['native/backends/af_xdp', 'native/dpdk'])
  t.test(room, async (t) => {
    const page = readFileSync(`${root}${room}/README.md`, 'utf8')
    const paths = readdirSync(root + room, { encoding: 'utf8', recursive: true }).filter(
      (name) => /\.(cc|h)$/.test(name) && !name.startsWith('build/'),
    )
    const files = paths.map((path) => basename(path))
    const named = new Set([...page.matchAll(/`(\w+\.(?:cc|h))`/g)].map(([, name]) => name))
    t.same(
      [...named].filter((name) => !files.includes(name)),
      [],
      'no file is named that is gone',
    )
    t.same(
      files.filter((name) => name.endsWith('.cc') && !named.has(name)),
      [],
      'every source file is named',
    )
    const sources = paths.map((name) => readFileSync(`${root}${room}/${name}`, 'utf8')).join('\n')
    const functions = [...page.matchAll(/`([A-Za-z_]\w+)\(\)`/g)]
      .map(([, name]) => name)
      .filter((name) => !KERNEL_OR_DPDK.test(name) && !ELSEWHERE.includes(name))
    t.ok(functions.length >= 5, `${functions.length} functions are named`)
    t.same(
      functions.filter((name) => !new RegExp(`\\b${name}\\(`).test(sources)),
      [],
      'every function is there',
    )
  })

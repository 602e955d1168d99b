// An installed package's DPDK module lies in the user's cache: it is found after `npm ci`, and only by a package of the
// same sources.
import { spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { root } from '../fixtures/child.js'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { installInto } from '../fixtures/programs/installed.js'

const MODULE = `${root}native/dpdk/build/Release/rxburst_dpdk.node`

/**
 * A project that has rxburst, and a node-gyp that takes no time: it copies what the checkout has built, or says that it
 * can't.
 */
function project(t: Test) {
  const folder = t.testdir()
  const gyp = join(folder, 'node_modules/node-gyp/bin/node-gyp.js')
  mkdirSync(dirname(gyp), { recursive: true })
  writeFileSync(
    gyp,
    `const fs = require('node:fs')
     fs.readFileSync('binding.gyp') && fs.readFileSync('../core/backend.h')
     fs.mkdirSync('build/Release', { recursive: true })
     fs.copyFileSync(${JSON.stringify(MODULE)}, 'build/Release/rxburst_dpdk.node')
     fs.chmodSync('build/Release/rxburst_dpdk.node', 0o775)`,
  )
  const cache = join(folder, 'cache')
  let main = installInto(folder)
  const rxburst = (...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], {
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: cache, NODE_OPTIONS: '' },
    })
  return {
    cache: join(cache, 'rxburst/dpdk'),
    package: join(folder, 'node_modules/rxburst'),
    build: () => rxburst('build-dpdk'),
    runs: () => rxburst('drop', 'dpdk:net_null0', '--duration', '0.1'),
    again() {
      rmSync(join(folder, 'node_modules/rxburst'), { recursive: true })
      main = installInto(folder)
    },
  }
}

t.test('npm ci', { skip: withoutDpdk }, async (t) => {
  const its = project(t)
  t.match(its.runs(), { status: 1, stderr: /npx rxburst build-dpdk.*\[ERR_NO_BACKEND\]/ })
  const { status, stdout, stderr } = its.build()
  t.equal(status, 0, stderr)
  t.ok(stdout.startsWith(`${its.cache}/`), stdout)
  t.match(stdout, /-abi\d+\/rxburst_dpdk\.node\n$/)
  t.equal(readdirSync(its.cache).length, 1, 'nothing but the module is left')
  t.notOk(existsSync(join(its.package, 'native/dpdk/build')), 'nothing is written into the package')
  t.match(its.runs(), { status: 0 })
  its.again()
  t.match(its.runs(), { status: 0 })

  const file = stdout.trim()
  chmodSync(file, 0o777)
  t.match(its.runs(), { status: 1, stderr: /ERR_NO_BACKEND/ }, 'one that anybody may have written is not run')
  chmodSync(file, 0o755)
  t.match(its.runs(), { status: 0 })

  const older = join(dirname(file).replace(/-abi\d+$/, '-abi1'), 'rxburst_dpdk.node')
  mkdirSync(dirname(older))
  writeFileSync(older, '', { mode: 0o755 })
  t.match(its.runs(), { status: 0 }, "one for another DPDK than this machine's is passed over")

  appendFileSync(join(its.package, 'native/core/backend.h'), '\n')
  t.match(its.runs(), { status: 1, stderr: /ERR_NO_BACKEND/ }, 'other sources: another module')
})

// `rxburst build-dpdk`: builds the DPDK backend against the system's libdpdk, whose ABI is frozen into whoever includes it.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { RxburstError } from '../errors.js'
import { dpdkModule, packageRoot } from '../native.js'

const folder = join(packageRoot, 'native/dpdk')
const PACKAGES = 'apt install libdpdk-dev dpdk-dev pkg-config g++ make python3'

/** node-gyp of this package where it is installed, else the one that every npm carries. */
function nodeGyp(): string {
  const require = createRequire(import.meta.url)
  const fromNpm = [
    process.env.npm_config_node_gyp,
    resolve(process.execPath, '../../lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'),
  ]
  try {
    return require.resolve('node-gyp/bin/node-gyp.js')
  } catch {
    const found = fromNpm.find((file) => file && existsSync(file))
    if (found) return found
    throw new RxburstError(
      'ERR_BUILD',
      'node-gyp is missing: neither this package nor npm has it here. npm install -g node-gyp',
    )
  }
}

function dpdkVersion(): string {
  const { status, stdout, error } = spawnSync('pkg-config', ['--modversion', 'libdpdk'], { encoding: 'utf8' })
  if (error) throw new RxburstError('ERR_BUILD', `pkg-config is missing. On Debian: ${PACKAGES}`)
  if (status !== 0)
    throw new RxburstError('ERR_BUILD', `libdpdk's headers are not installed. On Debian: ${PACKAGES}`)
  return stdout.trim()
}

function checkWritable(): void {
  try {
    accessSync(folder, constants.W_OK)
  } catch {
    throw new RxburstError(
      'ERR_BUILD',
      `${folder} can't be written by this user, and the module belongs there: run \`npx rxburst build-dpdk\` as its owner`,
    )
  }
}

/** Node's own headers, where they were installed with it: then nothing is fetched. */
function headers(): string[] {
  const root = resolve(process.execPath, '../..')
  return existsSync(join(root, 'include/node/node_api.h')) ? [`--nodedir=${root}`] : []
}

/**
 * Builds the module.
 * @throws ERR_BUILD when a tool or header is missing, the folder can't be written, or the compiler fails
 */
function build(): void {
  const version = dpdkVersion()
  checkWritable()
  process.stderr.write(`building the DPDK backend for DPDK ${version}\n`)
  const { status, stdout, stderr } = spawnSync(process.execPath, [nodeGyp(), 'rebuild', ...headers()], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`)
    throw new RxburstError('ERR_BUILD', `the DPDK backend does not build against DPDK ${version}; see above`)
  }
  process.stdout.write(`${join(dirname(dpdkModule), 'rxburst_dpdk.node')}\n`)
}

export function buildDpdkCommand(): Command {
  return new Command('build-dpdk')
    .description("build the DPDK backend against the system's libdpdk")
    .addHelpText(
      'after',
      `\nNeeds, on Debian: ${PACKAGES}\nExample:\n  npx rxburst build-dpdk && npx rxburst drop dpdk:net_null0 --duration 5`,
    )
    .action(build)
}

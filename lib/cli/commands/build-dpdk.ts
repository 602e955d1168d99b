// `rxburst build-dpdk`: builds the DPDK backend against the system's libdpdk, whose ABI is frozen into whoever includes
// it.
import { spawnSync } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { BUILT, dpdkCache, dpdkSources, isInstalled, isSource, placeOf } from '../../dpdk-module.js'
import { RxburstError } from '../../errors.js'

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

/** `make` makes files in the folder, or the error says that it can't be done there. */
function writing<T>(folder: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw new RxburstError(
      'ERR_BUILD',
      `${folder} can't be written by this user, and the module belongs there (${(error as Error).message}). ` +
        'Run `npx rxburst build-dpdk` as its owner, or name another folder by XDG_CACHE_HOME',
    )
  }
}

/** Node's own headers, where they were installed with it: then nothing is fetched. */
function headers(): string[] {
  const root = resolve(process.execPath, '../..')
  return existsSync(join(root, 'include/node/node_api.h')) ? [`--nodedir=${root}`] : []
}

/** Compiles what is in that folder, whose file binding.gyp says how. */
function compile(folder: string, version: string): string {
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
  return join(folder, BUILT)
}

/** Compiles a copy of the sources, and puts the module where `npm ci` does not reach. */
function buildInCache(cache: string, version: string): string {
  const copy = writing(cache, () => {
    mkdirSync(cache, { recursive: true })
    const folder = mkdtempSync(join(cache, 'building-'))
    const from = join(dpdkSources, '..')
    const filter = (path: string) => statSync(path).isDirectory() || isSource(relative(from, path))
    cpSync(from, join(folder, 'native'), { recursive: true, filter })
    return folder
  })
  try {
    const built = compile(join(copy, 'native/dpdk'), version)
    const place = placeOf(built)
    chmodSync(built, 0o755) // whatever umask says: one that others can write is not loaded
    mkdirSync(dirname(place), { recursive: true })
    renameSync(built, place)
    return place
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/**
 * Builds the module.
 * @throws ERR_BUILD when a tool or header is missing, the folder can't be written, or the compiler fails
 */
function build(): void {
  const version = dpdkVersion()
  const cache = isInstalled ? dpdkCache() : ''
  if (!cache) writing(dpdkSources, () => accessSync(dpdkSources, constants.W_OK))
  const file = cache ? buildInCache(cache, version) : compile(dpdkSources, version)
  process.stdout.write(`${file}\n`)
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

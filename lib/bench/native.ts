// The benchmark's contestants in C: a module of its own, which is built with the addon and ships with none.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isInstalled } from '../dpdk-module.js'
import { RxburstError } from '../errors.js'
import { addonPath, type SystemCalls } from '../native.js'
import { Missing } from './contestants/contestant.js'

export interface UdpPeer {
  /** Datagrams so far. */
  count(): number
  close(): void
}

export interface FlowLoop {
  /** Looks up or inserts so many; says how many of them were found or made. */
  run(times: number): number
  /** Looks at every entry once, as a worker does in a second; the nanoseconds that it took. */
  sweep(): number
  /** Bytes that the table has taken from the machine. */
  memory(): number
}

/** native/bench */
export interface NativeBench {
  readonly system: Pick<SystemCalls, 'setErrorClass'>
  /** Finds the addon that this process has loaded; cLoop() needs it. */
  attach(addon: string): void
  /** In a worker: polls in native code, with that handler, until the loop has to look up from its work. */
  cLoop(mode: string): void
  /** In a worker: packets that it receives from now on are of so many flows a queue, numbered from `first` on. */
  stamp(flows: number, first: number): void
  /** A table of flows alone. `keys`: four words each; the first `flows` of them are in it. */
  FlowLoop: new (loop: {
    keys: Uint32Array
    flows: number
    insert: boolean
  }) => FlowLoop
  /** A thread that takes datagrams, and counts them or sends each back. `cpu` -1: any. */
  UdpPeer: new (peer: {
    address: string
    port: number
    cpu: number
    echo: boolean
  }) => UdpPeer
  /** XDP_DROP on an interface until close(). */
  XdpDrop: new (
    interfaceName: string,
  ) => { close(): void }
  /** Requests one at a time; resolves to the nanoseconds of each answer. Spins on that CPU. */
  udpPing(request: {
    from: string
    to: string
    port: number
    milliseconds: number
    pauseUs: number
    bytes: number
    cpu: number
  }): Promise<{ times: Float64Array; lost: number }>
}

const FILE = join(dirname(addonPath), 'rxburst_bench.so')

/** The command that builds the module. */
const BUILD = isInstalled ? 'npm rebuild rxburst --build-from-source' : 'npm run build:native'

let bench: NativeBench | undefined

/**
 * The module, loaded when it is needed first.
 * @throws Missing where it is not built, or is of another build than the addon
 */
export function nativeBench(): NativeBench {
  bench ??= load()
  return bench
}

function load(): NativeBench {
  if (!existsSync(FILE))
    throw new Missing('the contestants in C are a module of their own, which is not built here', BUILD)
  const module = { exports: {} as NativeBench }
  try {
    process.dlopen(module, FILE) // require() knows the ending .node alone
    module.exports.system.setErrorClass(RxburstError)
    module.exports.attach(addonPath)
  } catch (error) {
    throw new Missing(`the contestants in C can't be loaded: ${(error as Error).message}`, BUILD)
  }
  return module.exports
}

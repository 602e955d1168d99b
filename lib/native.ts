// Loads the addon; the one typed description of it.
import { createRequire } from 'node:module'
import { findDpdkModule } from './dpdk-module.js'
import { RxburstError } from './errors.js'
import { LAYOUT_NUMBER, layout } from './layout.gen.js'
import { packageRoot } from './package-root.js'

export interface ArenaInfo {
  pages: '2M' | 'thp' | '4K'
  frameSize: number
  frameCount: number
  /** Byte offset of the first frame in the memory. */
  framesAt: number
  blocksAt: number
  blockBytes: number
}

export interface NativePort {
  name: string
  backend: string
  driver: string
  version: string
  mtu: number
  queueCount: number
  frameMax: number
  segments: number
  mode: 'none' | 'copy' | 'zero-copy'
  xdp: 'none' | 'native' | 'generic'
  canPass: boolean
  borrowed: boolean
  ownPool: boolean
  kernelKeeps: boolean
  /** It sits on an interface of the kernel's, which it may lose. */
  onInterface: boolean
  /** It can attach again to an interface that was lost. */
  rebinds: boolean
  /** What executes rules in software: 'xdp', 'socket filter', 'libpcap'; '' where the port can't filter. */
  filteredBy: string
  /** Interface whose own receive queues these are, or ''. */
  nic: string
  txCopies: boolean
  mac?: Uint8Array
  queues: number[]
  columns: string[]
  timestampClock: string
  losses: string[]
}

export interface NativeAudit {
  ok: boolean
  problem: string
  frames: number
  free: number
  posted: number
  received: number
  burst: number
  kept: number
  queued: number
  rx: number
  fresh: number
  tx: number
  dropped: number
  passed: number
  rejected: number
  copied: number
}

export interface WorkerPlan {
  cpu: number
  burst: number
  idle: number
  debug: boolean
  frames: number
  columns: number
}

/** One frame and its flows, ready to be sent out of one interface by XDP live frames. */
export interface NativeFlood {
  /** Off the main thread, one call at a time; cpu -1: any. Resolves to how many frames were handed to the interface. */
  run(packets: number, packetsPerSecond: number, milliseconds: number, cpu: number): Promise<number>
  close(): void
}

/** What the benchmark has in C: native/bench. */
export interface NativeBench {
  /** In a worker: polls in native code, with that handler, until the loop has to look up from its work. */
  cLoop(mode: string): void
  /** A thread that takes datagrams, and counts them or sends each back. */
  UdpPeer: new (
    address: string,
    port: number,
    cpu: number,
    echo: boolean,
  ) => { count(): number; close(): void }
  /** XDP_DROP on an interface until close(). */
  XdpDrop: new (
    interfaceName: string,
  ) => { close(): void }
  /** Requests one at a time; resolves to the nanoseconds of each answer. Spins on that CPU. */
  udpPing(
    from: string,
    to: string,
    port: number,
    milliseconds: number,
    pauseUs: number,
    bytes: number,
    cpu: number,
  ): Promise<{ times: Float64Array; lost: number }>
}

export interface NativeChannels {
  rx: number
  tx: number
  combined: number
  rxMax: number
  txMax: number
  combinedMax: number
}

export type OffloadName = 'lro' | 'rxvlan' | 'txvlan' | 'ntuple' | 'rxhash'

export interface NativeInterface {
  name: string
  index: number
  mtu: number
  up: boolean
  carrier: boolean
  rxQueues: number
  txQueues: number
  driver: string
  /** Id of the XDP program attached, 0: none. */
  xdpProgram: number
  /** What the driver's XDP can do; absent before kernel 6.3. */
  xdp?: { native: boolean; redirect: boolean; zeroCopy: boolean; fragments: boolean }
}

export interface Native {
  readonly bench: NativeBench
  /** What layout.h of this build says, folded into one number. */
  readonly layoutNumber: number
  createArena(memory: Uint8Array, frames: number, frameSize: number, hugepages: boolean): ArenaInfo
  /** Some thread has the arena: there can't be another. */
  arenaTaken(): boolean
  framesAvailable(): number
  /** Frames of queues closed a moment ago, that nobody gets yet. */
  framesResting(): number
  backendOptions(portName: string): string[] | null
  /** What options of ours begin with in such a name, where the device has options of its own; else ''. */
  optionPrefix(portName: string): string
  /** Every backend's name. */
  readonly backends: readonly string[]
  /** The interface on whose ingress (tc) opening such a port leaves rules, which outlive the process; '': none. */
  ingressOf(portName: string): string
  /** Why the backend of such names can't be used, or ''. */
  backendProblem(portName: string): string
  openPort(
    name: string,
    queues: number[] | null,
    options: string[],
    takeAll: boolean,
    debug: boolean,
    rules: readonly (string | boolean | number)[],
    /** Descriptors from a process with privilege: XSKMAP, counters or -1, door or -1. */
    handed: readonly [number, number, number] | null,
  ): number
  /** expression, pass, slot, fresh, takes fragments, … */
  setPortRules(id: number, rules: readonly (string | boolean | number)[]): void
  /** packets, bytes, elsewhere */
  countPortRule(id: number, slot: number): [number, number, number]
  /** Lines: why no rule of the NIC preselects, or nothing, then a rule each; null where the backend has no such rules. */
  portRuleLayer(id: number, slot: number): string | null
  portInfo(id: number): NativePort | null
  /** JSON; null where the backend has no more to say. */
  describePort(id: number, linkOnly: boolean): string | null
  setModulePath(backend: string, file: string): void
  closePort(id: number): void
  attachPort(id: number): void
  detachPort(id: number): void
  planWorker(plan: WorkerPlan, portAndQueue: number[], ports: number[]): number
  startWorker(id: number): void
  finishWorker(): void
  forgetWorker(id: number): void
  stopWorker(id: number): void
  requestAudit(id: number): void
  auditResult(id: number): NativeAudit | null
  /** Why the port is cut off from its interface, and whether waiting would be in vain; null: it is not. */
  portLoss(id: number): [why: string, forGood: boolean] | null
  /** Has its workers close its queues when they are asked next, and lets no packets in. */
  losePort(id: number): void
  /** '', or why a lost port can't be tied to an interface of its name yet. */
  reopenPort(id: number): string
  /** '', or why no packets can be let in. */
  reattachPort(id: number): string
  /** Has a running worker look after the queues of ports that were lost or are back. */
  requestRebind(workerId: number): void
  /** Null until it has looked; then '', or what failed. */
  rebindResult(workerId: number): string | null
  setErrorClass(errorClass: new (code: string, message: string) => Error): void
  Flood: new (
    interfaceName: string,
    frame: Uint8Array,
    portOffset: number,
    firstPort: number,
    flows: number,
  ) => NativeFlood
  classifyUdp(
    namespacePath: string,
    interfaceName: string,
    port: number,
    queue: number,
    filterName: string,
  ): void
  doorConnect(path: string): number
  /** The answer, and the descriptor that came with it or -1. */
  doorAsk(end: number, message: string): [string, number]
  /**
   * Serves processes of that user at that path, until the function returned is called, at the latest from `exit`. `message` null: the client has hung up. The answer is a
   * text and a descriptor, or -1. Keeps no process alive.
   */
  serveBroker(
    path: string,
    user: number,
    handler: (client: number, message: string | null) => [string, number],
  ): () => void
  /** An AF_XDP socket that can be bound to that interface only. */
  boundSocket(interfaceName: string): number
  /** Whether that socket of boundSocket() has been bound. */
  isSocketReady(fd: number, interfaceName: string): boolean
  /** Puts a socket into the XSKMAP of a port; -1 takes out what is there. */
  putSocket(portId: number, queue: number, fd: number): void
  /**
   * Puts the rules of a client in force on these queues: expression, pass, slot, fresh, takes fragments, … The descriptor of its
   * counters stays the port's. Without rules it is a client no more.
   */
  servePort(
    portId: number,
    client: number,
    queues: readonly number[],
    rules: readonly (string | boolean | number)[],
  ): number
  openPinned(path: string): number
  /** As openPinned; throws when it is not an XSKMAP. */
  openXskmap(path: string): number
  /** The hard limit on locked memory; -1: none. */
  memlockBytes(): number
  closeDescriptor(fd: number): void
  /** Nobody of the same user may trace this process or read its memory from here on. */
  protectProcess(): void
  /** Starts that program in this process's place; returns only by an exception. */
  replaceProcess(path: string, words: readonly string[]): void
  /** A terminal for that user, as large as the one on descriptor `like`: master, slave, path of the slave. */
  openPty(uid: number, like: number): [master: number, slave: number, path: string]
  resizePty(master: number, like: number): void
  /** Has that terminal send output as it is, after Node's raw mode was set. */
  sendAsItIs(terminal: number): void
  /** Whether this process may read and set that terminal without being stopped. */
  isForeground(terminal: number): boolean
  readonly steerRulesMax: number
  /** libpcap's instructions: code, jt, jf, k. */
  steerCompile(expression: string): number[][]
  /** Descriptor of an XDP program that steers by these rules, with maps of its own. */
  steerProgram(expressions: string[]): number
  /** CPU time that it takes to run an XDP program that often over a packet. */
  programSeconds(program: number, packet: Uint8Array, runs: number): number
  /**
   * For tests: 1 + the number of the first expression that matches, per packet, as one layer sees it; 255: it can't. Without
   * `fragments` those match as libpcap has it.
   */
  steerAnswers(
    expressions: string[],
    packets: Uint8Array,
    lengths: Uint32Array,
    layer: string,
    fragments?: 'leave' | 'take',
  ): Uint8Array
  /** NIC rules (ethtool n-tuple) that preselect what a filter matches, or why there are none. */
  nicRules(expression: string, takesFragments?: boolean): { rules: Uint8Array[]; why: string }
  nicInsert(interfaceName: string, rule: Uint8Array, queue: number): number
  nicDelete(interfaceName: string, location: number): void
  /** Queueing disciplines that somebody has put there, as text; '': only the kernel's own. */
  qdiscs(interfaceName: string): string
  /** Takes away the ingress qdisc that DPDK's net_tap has left; throws when somebody else has filters in it. */
  ingressDelete(interfaceName: string): void
  nicList(interfaceName: string): Uint8Array[]
  rssGet(interfaceName: string): number[]
  /** An empty table is the driver's default. */
  rssSet(interfaceName: string, table: number[]): void
  channelsGet(interfaceName: string): NativeChannels
  channelsSet(interfaceName: string, rx: number, tx: number, combined: number): void
  offloadsGet(interfaceName: string): Record<OffloadName, boolean>
  /** By the kernel's names, as `ethtool -k` lists them; fixed: nobody can change it. */
  featuresGet(interfaceName: string): Record<string, [on: boolean, fixed: boolean]>
  /** The XDP program there, and the command that takes it away; name '': not to be seen without privilege. */
  xdpAttached(interfaceName: string): { id: number; name: string; off: string } | null
  offloadSet(interfaceName: string, offload: OffloadName, on: boolean): void
  interfaceInfo(name: string): NativeInterface
  /** '' when this network namespace has no such index. */
  interfaceName(index: number): string
  /** Whether the lock on this open file is ours now. */
  lockFile(fd: number): boolean
  /** 0, or the errno of opening a raw socket of that address family. */
  socketFamily(family: number): number
  /** The one crossing per turn: no argument, no result. */
  turn(): void
}

const require = createRequire(import.meta.url)

export { layout, packageRoot }

export const native: Native = require('node-gyp-build')(packageRoot)

// Without this check a prebuilt addon beside newer TypeScript would misread columns.
if (native.layoutNumber !== LAYOUT_NUMBER)
  throw new RxburstError(
    'ERR_BUILD',
    `the addon and the TypeScript of rxburst are of different builds (layout ${native.layoutNumber}, wanted ${LAYOUT_NUMBER}): npm rebuild rxburst`,
  )

native.setErrorClass(RxburstError)

// The DPDK backend, a module of its own: `npx rxburst build-dpdk` makes it.
native.setModulePath('dpdk', findDpdkModule())

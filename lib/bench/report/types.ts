// What `rxburst bench --json` prints: the one description of it.

/** By what a row is picked, without reading its name. Of one scenario, no two rows agree in all of it. */
export interface RowKey {
  kind: 'ours' | 'peer'
  runtime: 'ts' | 'wasm' | 'c'
  /**
   * afxdp, dpdk, packet, socket, loop; a peer's own: dgram, recvmmsg, net_af_xdp, net_af_packet, net_null, xdp, nft,
   * cap, bridge.
   */
  backend: string
  /**
   * io, mac, macswap, rxonly, drop, flows, echo, open, steer; of scenario wire the ids of its ratios, and what they are
   * set against.
   */
  mode: string
  api: 'burst' | 'perPacket' | 'loop' | 'none'
  burst: number
  /** The device under the backend, where there are several: net_null, net_af_xdp, net_af_packet. */
  device?: string
  /** Scenario size: bytes of a packet. */
  size?: number
  /** Scenario steer. */
  rules?: number
  /** Major version of Node, where it is not the one that runs the benchmark. */
  node?: number
  /** Scenario scale. */
  workers?: number
  ports?: number
}

/** Microseconds. */
export interface Latency {
  p50_us: number
  p99_us: number
  'p99.9_us': number
  'p99.99_us': number
  max_us: number
  /** p50 of each round. */
  p50_us_runs: number[]
  'p99.99_us_runs': number[]
  requests: number
  lost: number
  /** Garbage collections while it was measured. */
  gcs: number
  /** CPUs kept busy meanwhile, all told: the client spins on one. */
  cpus_busy: number
  /** Percentile and microseconds, for the curve. */
  curve: [number, number][]
}

export interface Result extends RowKey, Partial<Latency> {
  name: string
  /** What it does with each packet. */
  does: string
  status: 'ok' | 'failed' | 'missing'
  /** Why it failed or is missing. */
  why?: string
  /** The command that installs what is missing. */
  install?: string
  /** Millions of packets a second: the median of `runs`. */
  mpps: number | null
  mpps_min: number | null
  mpps_max: number | null
  /** What the receiving interface was offered meanwhile, Mpps; null where nothing is offered from outside. */
  offered: number | null
  /** It took nearly everything that was offered: the generator was the limit. */
  generator_limited: boolean
  ns_per_packet: number | null
  /** Mpps of each round. */
  runs: number[]
  /** Million packets per second of CPU time, all CPUs and the kernel's work included. */
  mpps_per_cpu?: number
  mpps_per_cpu_runs?: number[]
  cycles_per_packet?: number
  instructions_per_packet?: number
  /** Scenario wire: bytes that the heap of the thread grew by, to one decimal. */
  heap_bytes_per_packet?: number
  /** Scenario open. */
  first_packet_ms?: number
  rss_mib?: number
}

export interface Ratio {
  /** Scenario wire: by what it is picked without reading names. */
  id?: string
  of: string
  to: string
  /** What is divided: mpps unless said otherwise. ns_over: nothing is; it is by how many ns a packet costs more. */
  what: string
  median: number
  min: number
  max: number
}

export interface ScenarioReport {
  name: string
  about: string
  /** The command that reproduces it. */
  command: string
  results: Result[]
  ratios: Ratio[]
  /** What the figures leave out. */
  notes: string[]
}

export interface Machine {
  date: string
  cpu: string
  cpus: number
  memory_gib: number
  kernel: string
  node: string
  rxburst: string
  hypervisor: string | null
  hugepages: string
  load_before: number
  dpdk: string | null
}

export interface BenchReport {
  machine: Machine
  command: string
  /** Wall time of the whole run, seconds. */
  seconds: number
  rounds: number
  scenarios: ScenarioReport[]
}

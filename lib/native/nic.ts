// What network interfaces can be asked and told.
import type { NativeFilter } from './rules.js'

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

/** A match or a rule of a NIC; only native code looks into it (native/offload). */
export type FlowKey = string

export interface NicCalls {
  info(name: string): NativeInterface
  /** '' when this network namespace has no such index. */
  nameOf(index: number): string
  /** The XDP program there, and the command that takes it away; name '': not to be seen without privilege. */
  xdpAttached(interfaceName: string): { id: number; name: string; off: string } | null
  /** By the kernel's names, as `ethtool -k` lists them; fixed: nobody can change it. */
  features(interfaceName: string): Record<string, { on: boolean; fixed: boolean }>
  /** By the driver's names, as `ethtool -S` lists them; none where it counts nothing. */
  statistics(interfaceName: string): Record<string, number>
  offloads(interfaceName: string): Record<OffloadName, boolean>
  setOffload(wanted: { interface: string; offload: OffloadName; on: boolean }): void
  channels(interfaceName: string): NativeChannels
  rss(interfaceName: string): number[]
  /** An empty table is the driver's default. */
  setRss(wanted: { interface: string; table: number[] }): void
  /** What rules of the NIC can say of a filter, as keys of matches; none, and why. */
  flowMatches(asked: { filter: NativeFilter; takesFragments: boolean }): { matches: FlowKey[]; why: string }
  /** The rule that sends the packets of a match to a queue. */
  flowRule(rule: { match: FlowKey; queue: number }): { key: FlowKey; text: string }
  /** The rule that drops the packets of a match. */
  dropRule(match: FlowKey): { key: FlowKey; text: string }
  /** Makes a rule; returns its place. */
  addFlow(rule: { interface: string; key: FlowKey }): number
  /** Takes a rule away, if it is still at that place. */
  removeFlow(rule: { interface: string; key: FlowKey; place: number }): void
  /** Where the NIC has rules with that key, somebody else's among them. */
  flowPlaces(rule: { interface: string; key: FlowKey }): number[]
  /** All rules of the NIC. */
  flows(interfaceName: string): { key: FlowKey; place: number; queue: number }[]
  /** Queueing disciplines that somebody has put there, as text; '': only the kernel's own. */
  qdiscs(interfaceName: string): string
  /** Takes away the ingress qdisc that DPDK's net_tap has left; throws when somebody else has filters in it. */
  deleteIngress(interfaceName: string): void
}

// What network interfaces can be asked and told.

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

export interface NicCalls {
  info(name: string): NativeInterface
  /** '' when this network namespace has no such index. */
  nameOf(index: number): string
  /** The XDP program there, and the command that takes it away; name '': not to be seen without privilege. */
  xdpAttached(interfaceName: string): { id: number; name: string; off: string } | null
  /** By the kernel's names, as `ethtool -k` lists them; fixed: nobody can change it. */
  features(interfaceName: string): Record<string, [on: boolean, fixed: boolean]>
  offloads(interfaceName: string): Record<OffloadName, boolean>
  setOffload(interfaceName: string, offload: OffloadName, on: boolean): void
  channels(interfaceName: string): NativeChannels
  setChannels(interfaceName: string, rx: number, tx: number, combined: number): void
  rss(interfaceName: string): number[]
  /** An empty table is the driver's default. */
  setRss(interfaceName: string, table: number[]): void
  /** NIC rules (ethtool n-tuple) that preselect what a filter matches, or why there are none. */
  rulesFor(expression: string, takesFragments?: boolean): { rules: Uint8Array[]; why: string }
  listRules(interfaceName: string): Uint8Array[]
  insertRule(interfaceName: string, rule: Uint8Array, queue: number): number
  deleteRule(interfaceName: string, location: number): void
  /** Queueing disciplines that somebody has put there, as text; '': only the kernel's own. */
  qdiscs(interfaceName: string): string
  /** Takes away the ingress qdisc that DPDK's net_tap has left; throws when somebody else has filters in it. */
  deleteIngress(interfaceName: string): void
}

// The options of open(), as types: those that every backend takes, and each backend's own, found by the port's name.

import type { OnLost } from './lost.js'

/** Options that every backend takes; what it can't do it refuses. */
export interface CommonOptions {
  /** Queues to take, by the device's numbers, or 'all'. Default 'all'. */
  queues?: readonly number[] | 'all' | undefined
  /** Take every packet of the interface from the kernel. A kernel interface wants this or `steer`. */
  takeAll?: boolean | undefined
  /** What to take, in tcpdump's language, such as 'udp dst port 4321'; of several, any. The rest stays with the kernel. */
  steer?: string | readonly string[] | undefined
  /** What stays with the kernel whatever else is said, such as 'tcp port 22'. */
  pass?: string | readonly string[] | undefined
  /**
   * Fragments of datagrams, of which only the first has ports: a rule that reads ports leaves all of them to the kernel, or takes
   * all between its addresses. Default 'leave'.
   */
  fragments?: 'leave' | 'take' | undefined
  /** 'external': somebody else directs the flow to the queues taken. */
  steering?: 'external' | undefined
  /**
   * Packets longer than a frame: they lie in several, each an entry of the burst (`burst.more`). Where the port can:
   * `afxdp:` from Linux 6.6 on, `loop:`, and `dpdk:` where the driver does. Default false: they are lost, and counted.
   */
  segments?: boolean | undefined
  /**
   * When the port loses its interface (deleted, moved to another network namespace), its XDP program or the process that keeps its
   * privileges: 'fail' ends the data plane, whose `done` rejects with ERR_PORT_LOST; with 'wait' the port attaches again as soon as an
   * interface of that name is there. A link that is only down is not lost. Default: run() decides, else 'fail'.
   */
  onLost?: OnLost | undefined
  /** Refuse anything less. */
  require?: RequireOptions | undefined
}

/** What a port must be; open() or run() fails with ERR_REQUIRE where it is less. */
export interface RequireOptions {
  zeroCopy?: boolean | undefined
  hugepages?: boolean | undefined
  nativeXdp?: boolean | undefined
}

/** Options of `afxdp:` ports. */
export interface AfxdpOptions extends CommonOptions {
  /** 'copy' or 'zero-copy': nothing else. Default 'auto'. */
  mode?: 'auto' | 'copy' | 'zero-copy' | undefined
  /** 'native' or 'generic': nothing else. Default 'auto'. */
  xdp?: 'auto' | 'native' | 'generic' | undefined
  /** Descriptors per ring, a power of two. Default 2048. */
  ring?: number | undefined
  /** Whose clock the column `timestamp` holds. Default 'kernel'. */
  timestamps?: 'kernel' | 'device' | undefined
  /** Take packets to other addresses too, while the queue is bound. Default: with `takeAll`. */
  promiscuous?: boolean | undefined
  /** Path of the Unix socket of an AF_XDP device plugin, such as that of Kubernetes. */
  pluginSocket?: string | undefined
  /** Path of a pinned XSKMAP whose XDP program another process has attached. */
  xskmap?: string | undefined
}

/** Options that `socket:` and `packet:` share. */
export interface PacketSocketOptions extends CommonOptions {
  /** How several queues share the packets: by flow, by the CPU that received it, in turn. Default 'hash'. */
  fanout?: 'hash' | 'cpu' | 'lb' | undefined
  /** Send around the traffic control layer. Default false. */
  qdiscBypass?: boolean | undefined
  /** Take packets to other addresses too, while the queue is bound. Default: with `takeAll`. */
  promiscuous?: boolean | undefined
}

/** Options of `socket:` ports. */
export interface SocketOptions extends PacketSocketOptions {
  /** The kernel's receive buffer of one queue, bytes. Default 8388608. */
  receiveBufferBytes?: number | undefined
  /** SO_BUSY_POLL, microseconds. Default: off. */
  busyPollUs?: number | undefined
  /** SO_PREFER_BUSY_POLL. Default false. */
  preferBusyPoll?: boolean | undefined
  /** false: don't ask for the VLAN tags that the kernel took out. Default true. */
  vlanTags?: boolean | undefined
}

/** Options of `packet:` ports. */
export interface PacketOptions extends PacketSocketOptions {
  /** See what the machine sends on the interface too, never what the port itself sends. Default false. */
  outgoing?: boolean | undefined
  /** Receive ring of one queue, bytes. Default 4194304. */
  ringBytes?: number | undefined
  /** Bytes that the kernel hands over at once, a power of two. Default 65536. */
  blockBytes?: number | undefined
  /** When the kernel hands over a block that is not full, milliseconds. Default 1. */
  blockTimeoutMs?: number | undefined
}

/** Options of `dpdk:` ports. */
export interface DpdkOptions extends CommonOptions {
  /** EAL's options, as on its command line. The first port's start it. */
  eal?: string | undefined
  /** The MTU to configure, bytes. Default: the device's. */
  mtu?: number | undefined
  /** Take packets to other addresses too. Default true; on a kernel's interface false. */
  promiscuous?: boolean | undefined
  /** Fields that are hashed. Default 'ip,tcp,udp,sctp'. */
  rss?: string | undefined
  /** The hash's key, hexadecimal digits. Default: the driver's. */
  rssKey?: string | undefined
  /** The queue of each hash, such as '0,1,1,0'. Default: the queues taken, in turn. */
  rssTable?: string | readonly number[] | undefined
  /** Descriptors of a queue. Default: the driver's. */
  rxDescriptors?: number | undefined
  txDescriptors?: number | undefined
  /** With `steer`: true wants rte_flow's isolated mode, false takes the device whole. Default: where it can be had. */
  isolated?: boolean | undefined
  /** How packets lie in memory that DPDK uses: see docs/backends.md. Default: by driver. */
  memory?: 'split' | 'external' | 'own' | undefined
}

/** Options of `loop:` ports. */
export interface LoopOptions extends CommonOptions {
  /** The loop port that it sends to, which is to name this one as its peer. Default: itself. */
  peer?: string | undefined
}

/** Each backend's options, by what stands before the colon of a port's name. */
export interface BackendOptions {
  afxdp: AfxdpOptions
  dpdk: DpdkOptions
  loop: LoopOptions
  packet: PacketOptions
  socket: SocketOptions
}

/** What open() takes for a port of that name: 'afxdp:eth0', `afxdp:${string}`. Of a name that is any string: what all backends take. */
export type OpenOptions<Name extends string = string> = Name extends `${infer Backend}:${string}`
  ? Backend extends keyof BackendOptions
    ? BackendOptions[Backend]
    : CommonOptions
  : CommonOptions

/** Options that come as text, unchecked: from a command line, from callers without types. open() checks them at run time. */
export interface AnyOptions extends CommonOptions {
  [option: string]: unknown
}

/** A column beyond offset and length. */
export type Column = 'hash' | 'vlan' | 'timestamp' | 'checksum' | 'mark'

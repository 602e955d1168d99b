// The options of open(), as types: those that every backend takes, and each backend's own, found by the port's name.

import type { OnLost } from '../lost.js'

/** Options that every backend takes. One that a backend can't do is refused with ERR_NOT_SUPPORTED. */
export interface CommonOptions {
  /** Queues to take, by the device's numbers from 0, or 'all'. Default 'all'. */
  queues?: readonly number[] | 'all' | undefined
  /**
   * Take every packet of the interface from the kernel. An interface of the kernel wants this or `steer`. Default
   * false.
   */
  takeAll?: boolean | undefined
  /**
   * Packets to take, in tcpdump's language, such as 'udp dst port 4321'. A packet is taken if one of several filters
   * matches. The rest stays with the kernel. Default: none.
   */
  steer?: string | readonly string[] | undefined
  /** Packets that stay with the kernel whatever else is said, such as 'tcp port 22'. Default: none. */
  pass?: string | readonly string[] | undefined
  /**
   * Fragments of datagrams. Only the first of them has ports. So a rule that reads ports leaves all of them to the
   * kernel ('leave'), or takes all between its addresses ('take'). Default 'leave'.
   */
  fragments?: 'leave' | 'take' | undefined
  /**
   * 'external': another program directs the flow to the queues taken. Default: open() sets NIC rules where it needs
   * them.
   */
  steering?: 'external' | undefined
  /**
   * Whether to receive and send packets that are longer than a frame. They lie in several frames, and each is an entry
   * of the burst (`burst.more`). `loop:` can do it, `afxdp:` from Linux 6.6 on, and `dpdk:` where the driver can.
   * Without it such packets are lost and counted. Default false.
   */
  segments?: boolean | undefined
  /**
   * The reaction when the port loses its interface, its XDP program, or the process that keeps its privileges. 'fail'
   * ends the data plane, and its `done` rejects with ERR_PORT_LOST. With 'wait' the port attaches again when an
   * interface of that name is there. A link that is only down is not lost. Default: that of run(), else 'fail'.
   */
  onLost?: OnLost | undefined
  /** Properties that the port must have; else open() or run() fails with ERR_REQUIRE. Default: none. */
  require?: RequireOptions | undefined
}

/** Properties that a port must have. open() or run() fails with ERR_REQUIRE if one is missing. */
export interface RequireOptions {
  /** The device reads and writes the packet memory itself. Default false. */
  zeroCopy?: boolean | undefined
  /** The packet memory lies on pages of 2 MiB. Default false. */
  hugepages?: boolean | undefined
  /** The XDP program runs in the driver. Default false. */
  nativeXdp?: boolean | undefined
}

/** Options of `afxdp:` ports. */
export interface AfxdpOptions extends CommonOptions {
  /**
   * 'auto' takes zero-copy where the driver can, else copy. 'copy' and 'zero-copy' take only that, or fail. Default
   * 'auto'.
   */
  mode?: 'auto' | 'copy' | 'zero-copy' | undefined
  /**
   * 'auto' runs XDP in the driver where it can, else behind it. 'native' and 'generic' take only that, or fail. Default
   * 'auto'.
   */
  xdp?: 'auto' | 'native' | 'generic' | undefined
  /** Descriptors per ring, a power of two. Default 2048. */
  ring?: number | undefined
  /**
   * The clock of the column `timestamp`: 'kernel' is CLOCK_MONOTONIC in the XDP program, 'device' the NIC's stamp.
   * Default 'kernel'.
   */
  timestamps?: 'kernel' | 'device' | undefined
  /** Take packets to other addresses too, while the queue is bound. Default: with `takeAll`. */
  promiscuous?: boolean | undefined
  /** Path of the Unix socket of an AF_XDP device plugin, such as that of Kubernetes. Default: none. */
  pluginSocket?: string | undefined
  /** Path of a pinned XSKMAP whose XDP program another process has attached. Default: none. */
  xskmap?: string | undefined
}

/** Options that `socket:` and `packet:` share. */
export interface PacketSocketOptions extends CommonOptions {
  /**
   * How several queues share the packets: by flow ('hash'), by the CPU that received them ('cpu'), or in turn ('lb').
   * Default 'hash'.
   */
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
  /** Whether to ask for the VLAN tags that the kernel took out. Default true. */
  vlanTags?: boolean | undefined
}

/** Options of `packet:` ports. */
export interface PacketOptions extends PacketSocketOptions {
  /**
   * See packets that the machine sends on the interface too, but never those that the port itself sends. Default false.
   */
  outgoing?: boolean | undefined
  /** Receive ring of one queue, bytes. Default 4194304. */
  ringBytes?: number | undefined
  /** Bytes that the kernel hands over at once, a power of two. Default 65536. */
  blockBytes?: number | undefined
  /** Time after which the kernel hands over a block that is not full, milliseconds. Default 1. */
  blockTimeoutMs?: number | undefined
}

/** Options of `dpdk:` ports. */
export interface DpdkOptions extends CommonOptions {
  /**
   * EAL's options, as on its command line. Those of the first port start it; others give the same or none. Default:
   * none.
   */
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
  /** Receive descriptors of a queue. Default: the driver's. */
  rxDescriptors?: number | undefined
  /** Transmit descriptors of a queue. Default: the driver's. */
  txDescriptors?: number | undefined
  /**
   * With `steer`: true wants rte_flow's isolated mode, false takes the whole device. Default: true where the driver has
   * that mode.
   */
  isolated?: boolean | undefined
  /**
   * How packets lie in memory that DPDK uses. 'split': bare packet headers over the arena's frames. 'external': DPDK's
   * pinned external buffers. 'own': DPDK's own memory and a copy. Default: by driver.
   */
  memory?: 'split' | 'external' | 'own' | undefined
}

/** Options of `loop:` ports. */
export interface LoopOptions extends CommonOptions {
  /**
   * The loop port that it sends to, by the name behind the colon. That one has to name this one as its peer. Default:
   * itself.
   */
  peer?: string | undefined
}

/** Options of `pcap:` ports. */
export interface PcapOptions extends CommonOptions {
  /** The file that packets sent to the port are written to; it is emptied first. Default: none, they are rejected. */
  to?: string | undefined
  /** How often the file's packets are received; 0: without end. Default 1. */
  loop?: number | undefined
}

/** The options of each backend, by the word before the colon of a port's name. */
export interface BackendOptions {
  /** `afxdp:eth0` */
  afxdp: AfxdpOptions
  /** `dpdk:0000:03:00.0`, `dpdk:net_null0` */
  dpdk: DpdkOptions
  /** `loop:a` */
  loop: LoopOptions
  /** `packet:eth0` */
  packet: PacketOptions
  /** `pcap:in.pcap` */
  pcap: PcapOptions
  /** `socket:eth0` */
  socket: SocketOptions
}

/**
 * The options of a port with that name: of 'afxdp:eth0' and `afxdp:${string}` those of `afxdp:`. A name that is any
 * string has those that all backends take.
 */
export type OpenOptions<Name extends string = string> = Name extends `${infer Backend}:${string}`
  ? Backend extends keyof BackendOptions
    ? BackendOptions[Backend]
    : CommonOptions
  : CommonOptions

/**
 * Options that come as text, unchecked: from a command line, from callers without types. open() checks them at run
 * time.
 */
export interface AnyOptions extends CommonOptions {
  [option: string]: unknown
}

/** A column beyond offset and length. */
export type Column = 'hash' | 'vlan' | 'timestamp' | 'checksum' | 'mark'

// The headers that fill() can write, each with its defaults: bytes at a place, and how it names what follows it.
import { type Bytes, set8, set16, set32 } from '../bytes.js'

/** What is known when a layer is written. */
export interface Written {
  /** Byte of the packet where it begins. */
  readonly i: number
  /** Bytes of it, options included. */
  readonly bytes: number
  /** Where the packet that it belongs to ends. */
  readonly end: number
  /** The layer behind it; '' where the payload follows. */
  readonly next: string
  /** The layer in front of it. */
  readonly before: string
}

export interface Layer {
  /** Bytes without options. */
  readonly bytes: number
  /** It may have options, in words of 32 bits. */
  readonly options?: boolean
  /** Layers that may follow. */
  readonly follows: readonly string[]
  readonly write: (p: Bytes, written: Written) => void
}

const ETHERTYPE: Record<string, number> = {
  vlan: 0x8100,
  mpls: 0x8847,
  arp: 0x0806,
  ipv4: 0x0800,
  ipv6: 0x86dd,
  ethernet: 0x6558,
}
const PROTOCOL: Record<string, number> = {
  icmp: 1,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  icmpv6: 58,
  sctp: 132,
}
const PORT: Record<string, number> = { dns: 53, dhcp: 67, ntp: 123, gtpu: 2152, vxlan: 4789, geneve: 6081 }
const DISCARD = 9
const DYNAMIC = 49152 // the first of the ports that nobody assigns (RFC 6335)
const IP = ['ipv4', 'ipv6']
const TYPES = ['vlan', 'mpls', 'arp', ...IP]
const INSIDE = ['udp', 'tcp', 'icmp', 'sctp', 'gre', ...IP]

const type = (p: Bytes, i: number, next: string) => set16(p, i, ETHERTYPE[next] ?? 0x88b5) // for experiments (IEEE 802)

export const LAYERS: Record<string, Layer> = {
  ethernet: {
    bytes: 14,
    follows: TYPES,
    write(p, { i, next }) {
      set32(p, i, 0x02000000)
      set16(p, i + 4, 2)
      set32(p, i + 6, 0x02000000)
      set16(p, i + 10, 1)
      type(p, i + 12, next)
    },
  },
  vlan: {
    bytes: 4,
    follows: TYPES,
    write(p, { i, next, before }) {
      if (next === 'vlan' && before === 'ethernet') set16(p, i - 2, 0x88a8) // the outer tag of QinQ
      set16(p, i, 1)
      type(p, i + 2, next)
    },
  },
  mpls: {
    bytes: 4,
    follows: ['mpls', ...IP],
    write: (p, { i, next }) => set32(p, i, (16 << 12) | (next === 'mpls' ? 0 : 0x100) | 64),
  },
  arp: {
    bytes: 28,
    follows: [],
    write(p, { i }) {
      set32(p, i, 0x00010800)
      set32(p, i + 4, 0x06040001)
      set32(p, i + 8, 0x02000000)
      set16(p, i + 12, 1)
      set32(p, i + 14, 0xc6120001)
      set32(p, i + 24, 0xc6120002)
    },
  },
  // Addresses are those that RFC 2544 and RFC 5180 set aside for measuring.
  ipv4: {
    bytes: 20,
    options: true,
    follows: INSIDE,
    write(p, { i, bytes, end, next }) {
      set8(p, i, 0x40 | (bytes >>> 2))
      set16(p, i + 2, end - i)
      set16(p, i + 6, 0x4000)
      set8(p, i + 8, 64)
      set8(p, i + 9, PROTOCOL[next] ?? 253) // for experiments (RFC 3692)
      set32(p, i + 12, 0xc6120001)
      set32(p, i + 16, 0xc6120002)
    },
  },
  ipv6: {
    bytes: 40,
    follows: [...INSIDE.filter((name) => name !== 'icmp'), 'icmpv6'],
    write(p, { i, end, next }) {
      set8(p, i, 0x60)
      set16(p, i + 4, end - i - 40)
      set8(p, i + 6, PROTOCOL[next] ?? 253)
      set8(p, i + 7, 64)
      for (const [at, last] of [
        [i + 8, 1],
        [i + 24, 2],
      ]) {
        set32(p, at, 0x20010002)
        set32(p, at + 12, last)
      }
    },
  },
  udp: {
    bytes: 8,
    follows: Object.keys(PORT),
    write(p, { i, end, next }) {
      set16(p, i, DYNAMIC)
      set16(p, i + 2, PORT[next] ?? DISCARD)
      set16(p, i + 4, end - i)
    },
  },
  tcp: {
    bytes: 20,
    options: true,
    follows: [],
    write(p, { i, bytes }) {
      set16(p, i, DYNAMIC)
      set16(p, i + 2, DISCARD)
      set16(p, i + 12, ((bytes >>> 2) << 12) | 2) // SYN
      set16(p, i + 14, 0xffff)
    },
  },
  icmp: { bytes: 8, follows: [], write: (p, { i }) => set8(p, i, 8) },
  icmpv6: { bytes: 8, follows: [], write: (p, { i }) => set8(p, i, 128) },
  sctp: {
    bytes: 12,
    follows: [],
    write(p, { i }) {
      set16(p, i, DYNAMIC)
      set16(p, i + 2, DISCARD)
    },
  },
  gre: { bytes: 4, follows: ['ethernet', 'mpls', ...IP], write: (p, { i, next }) => type(p, i + 2, next) },
  vxlan: { bytes: 8, follows: ['ethernet'], write: (p, { i }) => set8(p, i, 8) },
  gtpu: {
    bytes: 8,
    follows: IP,
    write(p, { i, end }) {
      set16(p, i, 0x30ff)
      set16(p, i + 2, end - i - 8)
    },
  },
  geneve: { bytes: 8, follows: ['ethernet', ...IP], write: (p, { i, next }) => type(p, i + 2, next) },
  dns: { bytes: 12, follows: [], write: (p, { i }) => set16(p, i + 2, 0x0100) }, // recursion desired
  dhcp: {
    bytes: 240,
    follows: [],
    write(p, { i }) {
      set32(p, i, 0x01010600)
      set32(p, i + 236, 0x63825363)
    },
  },
  ntp: { bytes: 48, follows: [], write: (p, { i }) => set8(p, i, 0x23) }, // version 4, client
}

/** Layers behind which inner() goes on. */
export const CARRIES_ETHERNET_OR_IP = new Set(['gre', 'vxlan', 'gtpu', 'geneve'])

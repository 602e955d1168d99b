// The Toeplitz hash of a flow, by which NICs share packets among their queues, from tables of 256 words instead of bit
// by bit.
import { badArgument } from './arguments.js'

/** Bytes after which the symmetric key repeats itself. */
const PERIOD = 2

/**
 * 6d5a over and over: with it both directions of a flow have one hash. Source: Woo and Park, "Scalable TCP Session
 * Monitoring", 2012.
 */
export const SYMMETRIC_KEY: Uint8Array = Uint8Array.from({ length: 40 }, (_, i) => (i % PERIOD ? 0x5a : 0x6d))

/**
 * Microsoft's example, the default of many NICs. Source: Windows driver documentation, "Verifying the RSS Hash
 * Calculation".
 */
export const MICROSOFT_KEY: Uint8Array = Uint8Array.from(
  '6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa'.match(/../g)!,
  (byte) => parseInt(byte, 16),
)

/** Two IPv6 addresses and two ports are the longest input; 4 bytes of the key are the hash's own width. */
const KEY_MIN = 36 + 4
const KEY_MAX = 256

/**
 * The hash of flows under one key; flowHash() makes it. Addresses and ports are numbers as the packet's fields read.
 * Without ports it is the hash of a NIC that looks at addresses only. A hash is a number from 0 to 2^32-1, equal to the
 * NIC's and to DPDK's rte_softrss. Source: Microsoft, "RSS hashing functions".
 */
export class FlowHash {
  /** For each byte of the input 256 words: what that byte adds to the hash. */
  readonly #tables: Int32Array
  /**
   * The key repeats itself every two bytes: then bytes that are two apart add the same, and one pair of tables serves
   * all of them.
   */
  readonly #folded: boolean
  /** Bytes of the longest input. */
  readonly #bytes: number

  /** @internal */
  constructor(key: Uint8Array) {
    this.#bytes = key.length - 4
    this.#folded = key.every((byte, i) => byte === key[i % PERIOD])
    this.#tables = new Int32Array((this.#folded ? PERIOD : this.#bytes) * 256)
    for (let i = 0; i < this.#tables.length; i++) this.#tables[i] = added(key, i >>> 8, i & 255)
  }

  /** IPv4 addresses, with the ports of UDP or TCP or without. */
  ipv4(source: number, destination: number, sourcePort = 0, destinationPort = 0): number {
    const t = this.#tables
    if (this.#folded) return this.#fold(source ^ destination ^ sourcePort ^ destinationPort)
    return (
      (t[source >>> 24] ^
        t[256 + ((source >>> 16) & 255)] ^
        t[512 + ((source >>> 8) & 255)] ^
        t[768 + (source & 255)] ^
        t[1024 + (destination >>> 24)] ^
        t[1280 + ((destination >>> 16) & 255)] ^
        t[1536 + ((destination >>> 8) & 255)] ^
        t[1792 + (destination & 255)] ^
        t[2048 + ((sourcePort >>> 8) & 255)] ^
        t[2304 + (sourcePort & 255)] ^
        t[2560 + ((destinationPort >>> 8) & 255)] ^
        t[2816 + (destinationPort & 255)]) >>>
      0
    )
  }

  /** IPv6 addresses, four numbers of 32 bits each, with the ports of UDP or TCP or without. */
  ipv6(
    s0: number,
    s1: number,
    s2: number,
    s3: number,
    d0: number,
    d1: number,
    d2: number,
    d3: number,
    sourcePort = 0,
    destinationPort = 0,
  ): number {
    if (this.#folded) return this.#fold(s0 ^ s1 ^ s2 ^ s3 ^ d0 ^ d1 ^ d2 ^ d3 ^ sourcePort ^ destinationPort)
    return (
      (this.#word(0, s0) ^
        this.#word(4, s1) ^
        this.#word(8, s2) ^
        this.#word(12, s3) ^
        this.#word(16, d0) ^
        this.#word(20, d1) ^
        this.#word(24, d2) ^
        this.#word(28, d3) ^
        this.#word(32, (sourcePort << 16) | destinationPort)) >>>
      0
    )
  }

  /**
   * The `length` bytes from `at` on, in the order in which they stand in the packet: 32 bytes of an IPv6 packet are
   * both addresses.
   * @throws ERR_BAD_ARGUMENT when there are more than the key has bits for: 36 with a key of 40 bytes
   */
  bytes(bytes: Uint8Array, at: number, length: number): number {
    if (!(length <= this.#bytes))
      throw badArgument(
        `a key of ${this.#bytes + 4} bytes hashes ${this.#bytes} bytes at most, not ${length}`,
      )
    const mask = this.#folded ? PERIOD - 1 : -1
    let hash = 0
    for (let i = 0; i < length; i++) hash ^= this.#tables[((i & mask) << 8) + bytes[at + i]]
    return hash >>> 0
  }

  /** Of all 16-bit words of the input, one upon another. */
  #fold(words: number): number {
    const word = words ^ (words >>> 16)
    return (this.#tables[(word >>> 8) & 255] ^ this.#tables[256 + (word & 255)]) >>> 0
  }

  /** What four bytes from byte `i` of the input on add. */
  #word(i: number, word: number): number {
    const t = this.#tables
    const at = i << 8
    return (
      t[at + (word >>> 24)] ^
      t[at + 256 + ((word >>> 16) & 255)] ^
      t[at + 512 + ((word >>> 8) & 255)] ^
      t[at + 768 + (word & 255)]
    )
  }
}

/** Each bit of the input that is set adds the 32 bits of the key that begin at the bit's own place. */
function added(key: Uint8Array, i: number, byte: number): number {
  let hash = 0
  for (let bit = 0; bit < 8; bit++) if (byte & (0x80 >>> bit)) hash ^= window32(key, 8 * i + bit)
  return hash
}

function window32(key: Uint8Array, bit: number): number {
  const at = bit >>> 3
  const word = (key[at] << 24) | (key[at + 1] << 16) | (key[at + 2] << 8) | key[at + 3]
  const shift = bit & 7
  return shift === 0 ? word : (word << shift) | (key[at + 4] >>> (8 - shift))
}

/**
 * Makes the hash of a key: SYMMETRIC_KEY unless said otherwise, MICROSOFT_KEY, or the NIC's own, 40 to 256 bytes
 * (`ethtool -x`). Under the symmetric key the upper 16 bits of a hash are its lower ones, so it has 65 536 values.
 * @throws ERR_BAD_ARGUMENT
 */
export function flowHash({ key = SYMMETRIC_KEY }: { key?: Uint8Array } = {}): FlowHash {
  if (!(key instanceof Uint8Array) || key.length < KEY_MIN || key.length > KEY_MAX)
    throw badArgument(
      `the key of flowHash() is a Uint8Array of ${KEY_MIN} to ${KEY_MAX} bytes, not ${
        key instanceof Uint8Array ? `one of ${key.length}` : String(key)
      }`,
    )
  return new FlowHash(key)
}

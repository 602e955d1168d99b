// A full table of IPv4 routes, made from a seed: 900 000 prefixes whose lengths are spread as in the Internet's, and
// addresses inside them.
const LENGTHS = [
  // length, per cent of all prefixes: the shares that public route collectors show, and 1 % longer than 24 for the
  // second table
  [24, 60],
  [23, 10],
  [22, 11],
  [21, 5],
  [20, 5],
  [19, 3.5],
  [18, 1.5],
  [17, 1],
  [16, 1.4],
  [15, 0.2],
  [14, 0.2],
  [13, 0.1],
  [12, 0.1],
  [25, 0.2],
  [26, 0.2],
  [28, 0.3],
  [32, 0.3],
] as const

/** From 1.0.0.0 on, below the addresses of multicast. */
const FIRST = 0x01000000
const ROOM = 0xdf000000
const VALUES = 256

export interface Prefixes {
  address: Uint32Array
  length: Uint8Array
  value: Uint32Array
}

/** xorshift32: the same numbers on every machine. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

function lengthAt(percent: number): number {
  let sum = 0
  for (const [length, share] of LENGTHS) {
    sum += share
    if (percent < sum) return length
  }
  return LENGTHS[0][0]
}

/** So many different prefixes with values below 256. */
export function randomPrefixes(count: number, seed = 20160601): Prefixes {
  const random = randomNumbers(seed)
  const prefixes = {
    address: new Uint32Array(count),
    length: new Uint8Array(count),
    value: new Uint32Array(count),
  }
  const seen = new Set<number>()
  for (let n = 0; n < count; ) {
    const length = lengthAt((random() / 2 ** 32) * 100)
    const address = ((FIRST + (random() % ROOM)) & (-1 << (32 - length))) >>> 0
    const key = address * 64 + length
    if (seen.has(key)) continue
    seen.add(key)
    prefixes.address[n] = address
    prefixes.length[n] = length
    prefixes.value[n] = random() % VALUES
    n++
  }
  return prefixes
}

/** So many addresses, each inside a prefix chosen at random. */
export function addressesIn({ address, length }: Prefixes, count: number, seed = 4711): Uint32Array {
  const random = randomNumbers(seed)
  return Uint32Array.from({ length: count }, () => {
    const i = random() % address.length
    return address[i] | (length[i] === 32 ? 0 : random() >>> length[i])
  })
}

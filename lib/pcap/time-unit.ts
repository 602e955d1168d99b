// Timestamps of pcapng: a count of units of an interface's own (if_tsresol, if_tsoffset), as nanoseconds since 1970.

const SECOND = 1_000_000_000n

/** Turns the upper and the lower half of a count into nanoseconds since 1970. */
export type TimeUnit = (upper: number, lower: number) => bigint

/**
 * The unit that if_tsresol means: a power of ten, or with the highest bit set a power of two, of which a second has
 * one.
 * @param offset if_tsoffset, seconds that every timestamp lacks
 */
export function resolutionOf(resolution: number, offset: bigint): TimeUnit {
  const base = resolution & 0x80 ? 2n : 10n
  const perSecond = base ** BigInt(resolution & 0x7f)
  const shift = offset * SECOND
  return (upper, lower) => (((BigInt(upper) << 32n) | BigInt(lower)) * SECOND) / perSecond + shift
}

// Ones' complement arithmetic of the internet checksum: RFC 1071, and RFC 1624 for one that changes.

const folded = (sum: number): number => {
  sum = (sum & 0xffff) + (sum >>> 16)
  return (sum & 0xffff) + (sum >>> 16)
}
/** Adds the carries: a sum of 16-bit words, below 2^32, as 16 bits. */
export const fold = folded // an export is looked up at every use, in its own module too

/** ~m + m' of equation 3 in RFC 1624, for 16 bits that change. */
export const change16 = (before: number, after: number): number => (~before & 0xffff) + (after & 0xffff)

/** The same for 32 bits. */
export const change32 = (before: number, after: number): number =>
  (~before & 0xffff) + (~before >>> 16) + (after & 0xffff) + (after >>> 16)

/** The checksum after a change: equation 3 of RFC 1624, HC' = ~(~HC + ~m + m'). */
export const changed = (checksum: number, change: number): number =>
  ~folded((~checksum & 0xffff) + change) & 0xffff

/**
 * A checksum after 16 bits of what it covers changed, at an even place. RFC 1624. 0 where all that it covers is 0 now;
 * a computation gives 0xffff there (RFC 1071).
 */
export const changedBy16 = (checksum: number, before: number, after: number): number =>
  changed(checksum, change16(before, after))

/** The same after 32 bits changed. RFC 1624. */
export const changedBy32 = (checksum: number, before: number, after: number): number =>
  changed(checksum, change32(before, after))

// Medians, percentiles, spreads and rounding.

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  )
}

/** Of sorted values; between two of them, in proportion. NaN without values. */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) return Number.NaN
  const at = (sorted.length - 1) * p
  const low = Math.floor(at)
  const high = Math.ceil(at)
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low)
}

/** To four significant digits: what a benchmark can know, and more. */
export const round = (value: number): number => Number(value.toPrecision(4))

/** The median, the smallest and the largest, rounded. */
export const spread = (values: readonly number[]) =>
  [median(values), Math.min(...values), Math.max(...values)].map(round)

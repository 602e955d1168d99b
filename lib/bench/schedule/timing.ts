// How long contestants warm up and are measured, so that all of them together take about as long as was asked for.

/** A run of a contestant that takes its turn: started, warmed up, measured in one window, ended. */
export interface Timing {
  warmMs: number
  windowMs: number
}

/** A round of a contestant that is measured side by side with others. */
export interface Slices {
  /** There is time to start anew. */
  renew: boolean
  count: number
  ms: number
}

interface Bounds {
  min: number
  max: number
}

const WINDOW_MS = { min: 80, max: 2000 }
const WARM_MS = { min: 120, max: 400 }
/** Short beside the seconds in which a shared machine changes its speed, long beside a look at the counters. */
const SLICE_MS = 150
const SLICE_BOUNDS_MS = { min: 40, max: 200 }
/** Slices that starting anew must leave time for. */
const LEFT = 1.4
const SLICE_COUNT = { min: 1, max: 12 }

const clamp = ({ min, max }: Bounds, value: number) => Math.min(max, Math.max(min, value))

/** A run's warm-up and window, when so many runs share so many seconds and each takes so long to start and to end. */
export function timingFor(seconds: number, runs: number, overheadMs: number): Timing {
  const each = (seconds * 1e3) / runs - overheadMs
  const warmMs = Math.round(clamp(WARM_MS, each / 3))
  return { warmMs, windowMs: Math.round(clamp(WINDOW_MS, each - warmMs)) }
}

/**
 * A contestant's round, when it has so much time, each slice takes so much besides, and so does its share of starting
 * anew, which is done where more than one whole slice is left.
 */
export function slicesFor(roundMs: number, overheadMs: number, renewMs: number): Slices {
  const whole = SLICE_MS + overheadMs
  const renew = roundMs - renewMs > LEFT * whole
  const each = renew ? roundMs - renewMs : roundMs
  const count = clamp(SLICE_COUNT, Math.floor(each / whole))
  return { renew, count, ms: Math.round(clamp(SLICE_BOUNDS_MS, each / count - overheadMs)) }
}

// A data plane's counters as observable instruments of OpenTelemetry. Its API package is an optional peer.
import type { DataPlane } from '../control/data-plane.js'
import type { Family } from '../control/metrics/families.js'
import { RxburstError } from '../errors.js'

/** An observable instrument of OpenTelemetry. */
export type TelemetryInstrument = object

/** The part of OpenTelemetry's Meter that is used here. */
export interface TelemetryMeter {
  /** Makes a counter that is read when it is asked for. */
  createObservableCounter(
    name: string,
    options?: { description?: string; unit?: string },
  ): TelemetryInstrument
  /** Makes a gauge that is read when it is asked for. */
  createObservableGauge(name: string, options?: { description?: string; unit?: string }): TelemetryInstrument
  /** Has a function tell the values of instruments. */
  addBatchObservableCallback(callback: TelemetryCallback, instruments: TelemetryInstrument[]): void
  /** Ends that. */
  removeBatchObservableCallback(callback: TelemetryCallback, instruments: TelemetryInstrument[]): void
}

/** Tells values when OpenTelemetry asks. */
export type TelemetryCallback = (result: {
  observe(instrument: never, value: number, attributes?: Record<string, string>): void
}) => void

const API = '@opentelemetry/api'

/** The global meter of OpenTelemetry's API package. */
async function globalMeter(): Promise<TelemetryMeter> {
  try {
    const { metrics } = await import(API)
    return metrics.getMeter('rxburst')
  } catch (cause) {
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `observe() wants OpenTelemetry's API package, which can't be loaded: npm install ${API}`,
      { cause },
    )
  }
}

/** OpenTelemetry's names have no `_total`: exporters for Prometheus add it. */
const nameOf = ({ name }: Family) => name.replace(/_total$/, '')

const unitOf = (name: string) => /_(packets|bytes|seconds)(?:_total)?$/.exec(name)?.[1]
const UNITS: Readonly<Record<string, string>> = { packets: '{packet}', bytes: 'By', seconds: 's' }

/**
 * Makes an observable counter or gauge of OpenTelemetry for each metric that is no histogram. They are read when
 * OpenTelemetry collects, and cost nothing between.
 * @param options `meter`: the Meter to use. Default: the global one of the package `@opentelemetry/api`.
 * @returns ends it
 * @throws ERR_NOT_SUPPORTED where no meter is given and that package is not installed
 * @example
 * ```ts
 * import type { DataPlane } from 'rxburst'
 * import { observe, type TelemetryMeter } from 'rxburst/metrics'
 *
 * export const tell = (plane: DataPlane, meter: TelemetryMeter) => observe(plane, { meter })
 * ```
 */
export async function observe(
  plane: DataPlane,
  options: { meter?: TelemetryMeter } = {},
): Promise<() => void> {
  const meter = options.meter ?? (await globalMeter())
  const instruments = new Map<string, TelemetryInstrument>()
  for (const family of plane.families()) {
    if (family.type === 'histogram') continue
    const unit = UNITS[unitOf(family.name) ?? '']
    const described = { description: family.help, ...(unit ? { unit } : {}) }
    const name = nameOf(family)
    instruments.set(
      family.name,
      family.type === 'counter'
        ? meter.createObservableCounter(name, described)
        : meter.createObservableGauge(name, described),
    )
  }
  const all = [...instruments.values()]
  const callback: TelemetryCallback = (result) => {
    for (const { name, samples } of plane.families()) {
      const instrument = instruments.get(name)
      if (!instrument) continue
      for (const { labels, value } of samples) result.observe(instrument as never, value, { ...labels })
    }
  }
  meter.addBatchObservableCallback(callback, all)
  return () => meter.removeBatchObservableCallback(callback, all)
}

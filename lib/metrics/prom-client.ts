// A data plane's metrics as members of a registry of prom-client, beside those of the program around it.
import type { DataPlane } from '../control/data-plane.js'
import type { Family } from '../control/metrics/families.js'

/** A value of a metric as prom-client has it. */
export interface PromClientValue {
  /** The sample's name where it is not the metric's: a histogram's parts. */
  metricName?: string
  /** Its labels. */
  labels: Record<string, string>
  /** The value. */
  value: number
}

/** A metric's values now. */
export interface PromClientReading {
  /** The metric's name. */
  name: string
  /** The metric's description. */
  help: string
  /** Its type: counter, gauge, histogram or untyped. */
  type: string
  /** How prom-client merges it. */
  aggregator: 'sum'
  /** Its values. */
  values: PromClientValue[]
}

/** A metric as the Registry of prom-client takes it. */
export interface PromClientMetric {
  /** Its name. */
  readonly name: string
  /** Its description. */
  readonly help: string
  /** How prom-client merges it. */
  readonly aggregator: 'sum'
  /** Its values now. */
  get(): Promise<PromClientReading>
  /** Does nothing: the counts are the data plane's. */
  reset(): void
}

/**
 * The metrics of a data plane for a registry of prom-client, which then shows them with its own.
 * @example
 * ```ts
 * import type { DataPlane } from 'rxburst'
 * import { type PromClientMetric, promClientMetrics } from 'rxburst/metrics'
 *
 * // register: that of prom-client
 * export function show(plane: DataPlane, register: { registerMetric(metric: PromClientMetric): void }) {
 *   for (const metric of promClientMetrics(plane)) register.registerMetric(metric)
 * }
 * ```
 */
export function promClientMetrics(plane: DataPlane): PromClientMetric[] {
  // A registry asks all its metrics at once: one reading serves them all.
  let reading: ReadonlyMap<string, Family> | undefined
  const read = () => {
    if (!reading) {
      reading = new Map(plane.families().map((family) => [family.name, family]))
      setImmediate(() => {
        reading = undefined
      })
    }
    return reading
  }
  return plane.families().map(({ name, help, type }) => ({
    name,
    help,
    aggregator: 'sum',
    async get() {
      const samples = read().get(name)?.samples ?? []
      const values = samples.map(({ suffix, labels, le, value }) => ({
        ...(suffix ? { metricName: name + suffix } : {}),
        labels: le === undefined ? { ...labels } : { ...labels, le },
        value,
      }))
      return { name, help, type, aggregator: 'sum' as const, values }
    },
    reset() {},
  }))
}

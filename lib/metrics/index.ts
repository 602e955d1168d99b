// The public names of rxburst/metrics: a data plane's metrics for Prometheus, prom-client and OpenTelemetry.
export {
  observe,
  type TelemetryCallback,
  type TelemetryInstrument,
  type TelemetryMeter,
} from './open-telemetry.js'
export {
  type PromClientMetric,
  type PromClientReading,
  type PromClientValue,
  promClientMetrics,
} from './prom-client.js'
export { MetricsServer } from './server.js'

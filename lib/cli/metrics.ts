// The option --metrics of commands that run a processor.
import type { MetricsServer } from '../metrics/server.js'

/**
 * Opens the metrics port before anything else is touched, and says where it is; undefined: none is wanted.
 * @throws ERR_BAD_OPTION, ERR_METRICS
 */
export async function openMetrics(address: string | undefined): Promise<MetricsServer | undefined> {
  if (address === undefined) return undefined
  // Loaded here: a run without metrics does without an HTTP server.
  const { MetricsServer } = await import('../metrics/server.js')
  const server = await MetricsServer.open(address)
  process.stderr.write(`metrics at ${server.address}${address.startsWith('unix:') ? '' : '/metrics'}\n`)
  return server
}

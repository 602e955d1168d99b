// Where a metrics port listens, as a person types it: a port, an address and a port, or the path of a Unix socket.
import { RxburstError } from '../errors.js'

/** TCP or a Unix socket. */
export type MetricsAddress = { host: string; port: number } | { path: string }

const SHAPE = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/
const PATH_MAX = 107 // bytes of sun_path, unix(7)

const bad = (text: string, why: string) =>
  new RxburstError(
    'ERR_BAD_OPTION',
    `the metrics port is [ADDRESS:]PORT or unix:PATH, such as 9464, [::1]:9464 or unix:/run/fw.sock; '${text}' ${why}`,
  )

/**
 * Reads `9464`, `0.0.0.0:9464`, `[::1]:9464` or `unix:/run/fw.sock`. Without an address it is 127.0.0.1.
 * @throws ERR_BAD_OPTION
 */
export function parseMetricsAddress(text: string): MetricsAddress {
  if (text.startsWith('unix:')) {
    const path = text.slice(5)
    const bytes = Buffer.byteLength(path)
    if (bytes === 0 || bytes > PATH_MAX)
      throw bad(text, `has a path of ${bytes} bytes: 1 to ${PATH_MAX} can be`)
    return { path }
  }
  const [, inBrackets, plain, digits] = SHAPE.exec(text) ?? []
  if (digits === undefined) throw bad(text, 'is neither')
  if (Number(digits) > 65535) throw bad(text, 'is over port 65535')
  return { host: inBrackets ?? plain ?? '127.0.0.1', port: Number(digits) }
}

/** How a person names it. */
export function addressText(address: MetricsAddress): string {
  if ('path' in address) return `unix:${address.path}`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `http://${host}:${address.port}`
}

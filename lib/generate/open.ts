// Which port names have a generator.
import { RxburstError } from '../errors.js'
import type { Generator, GeneratorOptions } from './generator.js'
import { openPortGenerator } from './port.js'
import { openXdpGenerator } from './xdp.js'

/**
 * `xdp:IFACE`: XDP live frames, 2 to 3 million a second from one core. Else a port of ours, which sends by its own
 * rings.
 */
export async function openGenerator(port: string, options: GeneratorOptions): Promise<Generator> {
  const [, backend, device] = /^([a-z]+):(.+)$/.exec(port) ?? []
  if (!backend)
    throw new RxburstError(
      'ERR_BAD_PORT_NAME',
      `'${port}' is not backend:device, such as xdp:eth0 or afxdp:eth0`,
    )
  return backend === 'xdp' ? openXdpGenerator(device, options) : openPortGenerator(port, options)
}

// open(), without the work: that is loaded when a port is opened, so that `import 'rxburst'` stays cheap.
import type { OpenOptions } from './options.js'
import type { Port } from './port.js'

/**
 * Opens a port: checks, resolves and reserves. No packet is taken before run(). All ports are opened in one thread of the process.
 * @param name backend and device, such as `afxdp:eth0` or `loop:a`. Options may stand behind it: `afxdp:eth0,ring=1024,queues=0-1`, on
 * `dpdk:` with the prefix `rxburst.`. They outweigh `options`.
 * @param options those of the name's backend: {@link AfxdpOptions}, {@link DpdkOptions}, {@link PacketOptions},
 * {@link SocketOptions}, {@link LoopOptions}, {@link PcapOptions}
 * @throws a code for each thing that can be wrong, such as ERR_BAD_OPTION, ERR_NO_INTERFACE, ERR_STEER
 * @example
 * ```ts
 * import { open } from 'rxburst'
 *
 * await using port = await open('afxdp:eth0', { queues: [3], steer: 'udp dst port 4321', ring: 4096 })
 * console.log(port.mtu, port.capabilities.driver)
 * ```
 */
export function open<const Name extends string>(name: Name, options?: OpenOptions<Name>): Promise<Port>
export async function open(typed: string, given: object = {}): Promise<Port> {
  const { openPort } = await import('./open-port.js')
  return openPort(typed, given)
}

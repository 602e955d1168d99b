// What taking an interface from the kernel would cut off: the default route, ssh sessions.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { networkInterfaces } from 'node:os'
import { RxburstError } from '../errors.js'

const require = createRequire(import.meta.url)
const SSH_PORT = 22
const ESTABLISHED = '01'

const lines = (file: string): string[][] => {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
  } catch {
    return [] // no IPv6, or no /proc
  }
}

function carriesDefaultRoute(name: string): boolean {
  const four = lines('/proc/net/route').some(
    ([device, to, , , , , , mask]) => device === name && to === '00000000' && mask === '00000000',
  )
  const six = lines('/proc/net/ipv6_route').some(
    (words) => words[9] === name && words[1] === '00' && /^0+$/.test(words[0]) && !/^0+$/.test(words[4]),
  )
  return four || six
}

/** An address of /proc/net/tcp or tcp6, whose 32-bit words are in the machine's byte order. */
function readAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse()
  const mapped =
    bytes.length === 16 && bytes.subarray(0, 12).equals(Buffer.from('00000000000000000000ffff', 'hex'))
  const four = mapped ? bytes.subarray(12) : bytes
  if (four.length === 4) return four.join('.')
  // Loaded here, because `import 'rxburst'` would wait some milliseconds for it.
  const { SocketAddress } = require('node:net') as typeof import('node:net')
  // Written as the system writes its own addresses, to be compared with them.
  return new SocketAddress({ address: bytes.toString('hex').match(/.{4}/g)!.join(':'), family: 'ipv6' })
    .address
}

/** Both ends of every ssh session of this machine: [local address, remote address]. */
function sshSessions(): [local: string, remote: string][] {
  const sessions: [string, string][] = []
  for (const [, local, remote, state] of [...lines('/proc/net/tcp'), ...lines('/proc/net/tcp6')]) {
    if (state !== ESTABLISHED) continue
    const [address, port] = local.split(':')
    if (Number.parseInt(port, 16) === SSH_PORT)
      sessions.push([readAddress(address), readAddress(remote.split(':')[0])])
  }
  const [client, , server] = process.env.SSH_CONNECTION?.split(' ') ?? []
  if (server) sessions.push([server, client])
  return sessions
}

/** The interface itself, and those that stand on it: bridge, bond, VLANs. */
function withUppers(interfaceName: string): string[] {
  const found = new Set([interfaceName])
  for (const name of found)
    try {
      for (const link of readdirSync(`/sys/class/net/${name}`))
        if (link.startsWith('upper_')) found.add(link.slice('upper_'.length))
    } catch {
      // a namespace whose /sys is another's
    }
  return [...found]
}

/** What would be cut off, as the end of a sentence that begins with "it"; empty: nothing known. */
export function cutOffBy(interfaceName: string): string {
  const names = withUppers(interfaceName)
  const addresses = networkInterfaces()
  const own = names.flatMap((name) => addresses[name] ?? []).map(({ address }) => address)
  const session = sshSessions().find(([local]) => own.includes(local))
  const route = names.find(carriesDefaultRoute)
  const parts: string[] = []
  if (route) parts.push(`carries the default route${route === interfaceName ? '' : ` (by ${route})`}`)
  if (session) parts.push(`carries an ssh session from ${session[1]}`)
  return parts.join(' and ')
}

/** Adds what would be cut off to errors whose way out is to take everything. */
export function withCutOff(error: RxburstError, nic: string): RxburstError {
  const { code, message, cause } = error
  const cut = code === 'ERR_TAKE_ALL' || code === 'ERR_STEER_QUEUES' ? cutOffBy(nic) : ''
  return cut ? new RxburstError(code, `${message} Mind that ${nic} ${cut}.`, { cause }) : error
}

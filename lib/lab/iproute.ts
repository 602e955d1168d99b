// What iproute2 says of interfaces. Asked instead of /sys, which may show another network namespace than the process's
// own.
import { spawnSync } from 'node:child_process'
import { RxburstError } from '../errors.js'

export interface Link {
  mtu: number
  address: string
  flags: string[]
  num_rx_queues?: number
  addr_info?: { family: string; local: string }[]
  linkinfo?: { info_kind?: string }
  xdp?: { prog?: { id?: number } }
  stats64?: { rx: { packets: number }; tx: { packets: number } }
}

/** The rows that `ip -json WORDS` prints; none when it fails. */
export function ip<Row>(...words: string[]): Row[] {
  const { error, status, stdout } = spawnSync('ip', ['-json', ...words], { encoding: 'utf8' })
  if (error) throw new RxburstError('ERR_NOT_SUPPORTED', `${error.message}: apt-get install iproute2`)
  return status === 0 && stdout.trim() ? JSON.parse(stdout) : []
}

/** Link, driver and addresses of an interface of this namespace, or null. */
export const findLink = (name: string): Link | null =>
  ip<Link>('-details', 'address', 'show', 'dev', name)[0] ?? null

/** Packets that an interface has received and sent since it was made, or null. */
export function countersOf(name: string): { rx: number; tx: number } | null {
  const stats = ip<Link>('-statistics', 'link', 'show', 'dev', name)[0]?.stats64
  return stats ? { rx: stats.rx.packets, tx: stats.tx.packets } : null
}

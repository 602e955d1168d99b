// The machine that the figures hold for, and how busy it is.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../native.js'
import type { Machine } from '../report/types.js'

const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '')

export function describeMachine(): Machine {
  const { version } = JSON.parse(read(join(packageRoot, 'package.json'))) as { version: string }
  const dpdk = spawnSync('pkg-config', ['--modversion', 'libdpdk'], { encoding: 'utf8' })
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    rxburst: version,
    hypervisor: /^flags.*\bhypervisor\b/m.test(read('/proc/cpuinfo'))
      ? read('/sys/class/dmi/id/sys_vendor') || 'a virtual machine'
      : null,
    hugepages: `${read('/proc/sys/vm/nr_hugepages') || 0} of 2 MiB`,
    load_before: loadavg()[0],
    dpdk: dpdk.status === 0 ? dpdk.stdout.trim() : null,
  }
}

/** CPU time that all CPUs together have spent on anything but idling, seconds since the start (proc(5), /proc/stat). */
export function busySeconds(): number {
  const [user, nice, system, , , irq, softirq] = read('/proc/stat')
    .slice(0, 400)
    .split('\n')[0]
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq) / 100
}

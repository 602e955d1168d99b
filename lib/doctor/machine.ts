// Checks of the machine: Node, kernel, privilege, memory, IOMMU, libraries.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import type { Native } from '../native.js'
import { type Check, check, fault, note, pass } from './check.js'

const KERNEL = [5, 10] as const // bpf_link for XDP (5.9), and what distributions ship from there on
const HELPERS = [5, 18] as const // bpf_xdp_load_bytes: rules without CAP_PERFMON
const EAFNOSUPPORT = 97
const AF_XDP = 44
const FRAMES_BYTES = 16384 * 2048 // packet memory of an ordinary start
const HUGEPAGE_KB = 2048

/** What some backend wants; numbers of linux/capability.h. */
export const CAPABILITIES = {
  NET_ADMIN: 12,
  NET_RAW: 13,
  IPC_LOCK: 14,
  SYS_ADMIN: 21,
  PERFMON: 38,
  BPF: 39,
} as const
export type Capability = keyof typeof CAPABILITIES

const text = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
const list = (folder: string): string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The effective capabilities of this process. */
export function effectiveCapabilities(): Set<Capability> {
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(text('/proc/self/status'))?.[1] ?? '0'}`)
  return new Set(
    (Object.keys(CAPABILITIES) as Capability[]).filter((name) => (bits >> BigInt(CAPABILITIES[name])) & 1n),
  )
}

function kernelVersion(): [number, number] {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release()) ?? []
  return [Number(major), Number(minor)]
}
const atLeast = ([major, minor]: readonly [number, number], [a, b]: readonly [number, number]) =>
  major > a || (major === a && minor >= b)

export function kernelChecks(native: Native | undefined): Check[] {
  const version = kernelVersion()
  const checks = [
    check(
      'kernel',
      atLeast(version, KERNEL),
      release(),
      `${KERNEL.join('.')} or later`,
      'apt-get install linux-image-amd64',
    ),
  ]
  if (native) {
    const error = native.system.socketFamily(AF_XDP)
    checks.push(
      error === EAFNOSUPPORT
        ? note('kernel.af_xdp', 'this kernel was built without it', 'CONFIG_XDP_SOCKETS=y')
        : pass('kernel.af_xdp', 'built in', 'CONFIG_XDP_SOCKETS=y'),
    )
  }
  const jit = text('/proc/sys/net/core/bpf_jit_enable')
  checks.push(
    jit === ''
      ? note('kernel.bpf_jit', 'unknown', '1')
      : check('kernel.bpf_jit', jit !== '0', jit, '1', 'sysctl -w net.core.bpf_jit_enable=1'),
  )
  return checks
}

export function capabilityChecks(): Check[] {
  const has = effectiveCapabilities()
  const wanted: Capability[] = ['NET_RAW', 'NET_ADMIN', 'BPF']
  if (!atLeast(kernelVersion(), HELPERS)) wanted.push('PERFMON')
  const found = (Object.keys(CAPABILITIES) as Capability[]).filter((name) => has.has(name))
  const missing = wanted.filter(
    (name) => !has.has(name) && !(has.has('SYS_ADMIN') && (name === 'BPF' || name === 'PERFMON')),
  )
  const flags = [...wanted, 'IPC_LOCK'].map((name) => `+${name.toLowerCase()}`).join(',')
  return [
    check(
      'capabilities',
      missing.length === 0,
      found.join(' ') || 'none',
      wanted.join(' '),
      `sudo setpriv --reuid=$(id -u) --regid=$(id -g) --init-groups --inh-caps=${flags} --ambient-caps=${flags} COMMAND`,
    ),
  ]
}

export function memlockCheck(): Check {
  // The soft limit is the process's own to raise up to the hard one, and rxburst does.
  const limit = /^Max locked memory\s+\S+\s+(\S+)/m.exec(text('/proc/self/limits'))?.[1] ?? ''
  const wanted = `${FRAMES_BYTES >> 20} MiB per AF_XDP queue, or CAP_IPC_LOCK`
  if (limit === 'unlimited') return pass('memlock', 'unlimited', wanted)
  const found = `${Number(limit) / 2 ** 20} MiB`
  if (effectiveCapabilities().has('IPC_LOCK')) return pass('memlock', `${found}, and CAP_IPC_LOCK`, wanted)
  return check(
    'memlock',
    Number(limit) >= FRAMES_BYTES,
    found,
    wanted,
    'sudo prlimit --pid $$ --memlock=unlimited',
  )
}

export function hugepageChecks(): Check[] {
  const nodes = list('/sys/devices/system/node').filter((name) => /^node\d+$/.test(name))
  const wanted = Math.ceil(FRAMES_BYTES / (HUGEPAGE_KB * 1024)) + 1
  return nodes.map((node) => {
    const folder = `/sys/devices/system/node/${node}/hugepages/hugepages-${HUGEPAGE_KB}kB`
    const free = Number(text(`${folder}/free_hugepages`) || 0)
    const total = Number(text(`${folder}/nr_hugepages`) || 0)
    // A process that runs already may hold them: then they are there.
    return check(
      `hugepages.${node}`,
      total >= wanted,
      `${free} free of ${total} (2 MiB)`,
      `${wanted} or more; without, packet memory lies on smaller pages`,
      nodes.length > 1
        ? `sh -c 'echo ${wanted * 2} > ${folder}/nr_hugepages'`
        : `sysctl -w vm.nr_hugepages=${wanted * 2}`,
    )
  })
}

/** Only for DPDK on PCI devices: a machine may do without. */
export function iommuChecks(): Check[] {
  const groups = list('/sys/kernel/iommu_groups').length
  const vfio = existsSync('/sys/bus/pci/drivers/vfio-pci')
  const devbind = (process.env.PATH ?? '')
    .split(':')
    .some((folder) => existsSync(`${folder}/dpdk-devbind.py`))
  return [
    groups > 0
      ? pass('iommu', `${groups} groups`)
      : note('iommu', 'none', 'an IOMMU, for DPDK on PCI devices'),
    vfio
      ? pass('vfio', 'vfio-pci is loaded')
      : note('vfio', 'vfio-pci is not loaded', 'modprobe vfio-pci, for DPDK on PCI devices'),
    devbind
      ? pass('devbind', 'dpdk-devbind.py gives a PCI device to DPDK')
      : note('devbind', 'dpdk-devbind.py is not here', 'apt install dpdk, for DPDK on PCI devices'),
  ]
}

export function libraryChecks(native: Native): Check[] {
  const checks: Check[] = []
  try {
    native.rules.compile('ip')
    checks.push(pass('libpcap', 'compiles filters'))
  } catch (error) {
    checks.push(
      fault(
        'libpcap',
        (error as Error).message,
        'libpcap, which compiles filters',
        'apt-get install libpcap0.8',
      ),
    )
  }
  const problem = native.backends.problem('dpdk:net_null0')
  checks.push(
    check(
      'libdpdk',
      problem === '',
      problem || 'the DPDK module loads',
      'the DPDK module',
      'npx rxburst build-dpdk',
    ),
  )
  return checks
}

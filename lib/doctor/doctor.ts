// The doctor: what this machine has of what the backends need. Needs no privilege and changes nothing.
import { existsSync } from 'node:fs'
import { isNodeNewEnough, oldestNode } from '../package-root.js'
import { type Check, check, fault, note, pass } from './check.js'
import { type Asked, ethernetInterfaces, interfaceChecks } from './interface.js'
import {
  capabilityChecks,
  effectiveCapabilities,
  hugepageChecks,
  iommuChecks,
  kernelChecks,
  libraryChecks,
  memlockCheck,
} from './machine.js'

export type { Check } from './check.js'
export type { Asked } from './interface.js'

export interface Verdict {
  ready: boolean
  /** What is in the way, or what it is ready for. */
  why: string
}

export interface Report {
  checks: Check[]
  backends: Record<'afxdp' | 'dpdk' | 'packet' | 'socket' | 'loop', Verdict>
}

/** Looks at the machine and at `interfaces` (all Ethernet interfaces when there are none). */
export async function examine(interfaces: readonly string[] = [], asked: Asked = {}): Promise<Report> {
  const checks: Check[] = [
    check(
      'node',
      isNodeNewEnough(),
      `v${process.versions.node}`,
      `v${oldestNode} or later`,
      'nvm install --lts',
    ),
  ]
  // Loaded here and not above: a doctor must be able to say that the addon is not there.
  const loaded = await import('../native.js').catch((error: Error) => error)
  const native = loaded instanceof Error ? undefined : loaded.native
  checks.push(
    loaded instanceof Error
      ? fault('addon', loaded.message.split('\n')[0], 'the addon, built for this Node', 'npm rebuild rxburst')
      : pass('addon', 'loads'),
    ...kernelChecks(native),
    ...capabilityChecks(),
    memlockCheck(),
    ...hugepageChecks(),
    ...iommuChecks(),
  )
  if (native) {
    const { leftovers } = await import('../steering/journal/leftovers.js')
    const left = leftovers()
    const elsewhere = left.filter((each) => !each.alive && each.where === 'elsewhere')
    checks.push(...libraryChecks(native))
    if (elsewhere.length)
      checks.push(
        note(
          'leftovers.elsewhere',
          `settings of process ${elsewhere.map(({ pid }) => pid).join(', ')} in another network namespace`,
          'repair them there',
        ),
      )
    for (const name of interfaces.length ? interfaces : ethernetInterfaces())
      checks.push(...interfaceChecks(native, name, asked, left))
  }
  return { checks, backends: verdicts(checks) }
}

/** Ready when nothing that the backend cannot do without has failed. */
function verdicts(checks: readonly Check[]): Report['backends'] {
  const has = effectiveCapabilities()
  const firstFault = (...ids: string[]): Check | undefined =>
    ids.map((id) => checks.find((each) => each.id === id && each.ok === false)).find((each) => each)
  const addon = firstFault('node', 'addon')
  const judge = (why: string | undefined, readyFor: string): Verdict => {
    const reason = addon ? `${addon.id}: ${addon.found}` : why
    return reason ? { ready: false, why: reason } : { ready: true, why: readyFor }
  }
  const describe = (fault: Check | undefined) =>
    fault && `${fault.id}: found ${fault.found}, wanted ${fault.wanted}`
  const noAfXdp = checks.find((each) => each.id === 'kernel.af_xdp' && each.ok === null)
  const native = checks
    .filter((each) => each.id.endsWith('.driver') && each.ok)
    .map((each) => each.id.replace('.driver', ''))
  const raw = has.has('NET_RAW') ? undefined : 'capabilities: NET_RAW is missing'
  const hugepages = checks.some((each) => each.id.startsWith('hugepages.') && each.ok)
  const vfio = checks.some((each) => each.id === 'vfio' && each.ok) && existsSync('/dev/vfio/vfio')
  return {
    afxdp: judge(
      noAfXdp ? `kernel.af_xdp: ${noAfXdp.found}` : describe(firstFault('kernel', 'capabilities', 'memlock')),
      native.length
        ? `native XDP on ${native.join(', ')}`
        : "no interface with native XDP is known: xdp: 'generic'",
    ),
    dpdk: judge(
      describe(firstFault('libdpdk')),
      `${hugepages ? 'with hugepages' : 'without hugepages (--no-huge)'}; ${vfio ? 'PCI and virtual devices' : 'virtual devices'}`,
    ),
    packet: judge(raw, 'PACKET_MMAP on every interface'),
    socket: judge(raw, 'kernel sockets on every interface'),
    loop: judge(undefined, 'memory only'),
  }
}

/** 0: nothing to mend. 1: something to mend, but a backend with a device is ready. 2: none is. */
export function exitCode({ checks, backends }: Report): 0 | 1 | 2 {
  const { loop: _, ...real } = backends
  if (!Object.values(real).some(({ ready }) => ready)) return 2
  return checks.some(({ ok }) => ok === false) ? 1 : 0
}

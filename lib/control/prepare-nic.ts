// The settings of an interface that a port changes: what the rules need of the NIC, and what DPDK leaves on an interface beside it.
import { RxburstError } from '../errors.js'
import { native } from '../native.js'
import { cutOffBy } from '../steering/cutoff.js'
import { repair } from '../steering/journal/leftovers.js'
import { Journal } from '../steering/journal/log.js'
import { warn } from '../steering/journal/undo.js'
import { NicSteering, stopTakingTags } from '../steering/nic.js'
import type { Steering } from '../steering/rules.js'

/** Adds what would be cut off to errors whose way out is to take everything. */
export function withCutOff(error: RxburstError, nic: string): RxburstError {
  const { code, message, cause } = error
  const cut = code === 'ERR_TAKE_ALL' || code === 'ERR_STEER_QUEUES' ? cutOffBy(nic) : ''
  return cut ? new RxburstError(code, `${message} Mind that ${nic} ${cut}.`, { cause }) : error
}

/** Opens a device that writes on the ingress of an interface beside it; what it leaves there is undone later. */
export function openBeside(
  nic: string,
  name: string,
  openIt: () => number,
): { id: number; journal?: Journal } {
  for (const failure of repair(nic).failures) warn(failure)
  const there = native.nic.qdiscs(nic)
  if (there)
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `${name}: DPDK would take all queueing disciplines off ${nic}, and it has some: ${there}. If nobody needs them: tc qdisc del dev ${nic} ${there.startsWith('ingress') || there.startsWith('clsact') ? there.split(' ')[0] : 'root'}`,
    )
  const journal = new Journal(nic)
  let id = -1
  try {
    journal.record({ kind: 'ingress' }, () => {
      id = openIt()
      return undefined
    })
  } catch (error) {
    journal.close()
    throw error
  }
  return { id, journal }
}

/** Interfaces that a port of this process steers by rules and the RSS table of the NIC. Two would undo each other's table. */
const steeredByNic = new Set<string>()

/** Makes a NIC deliver what the rules want on the queues taken; returns what undoes it. */
export function prepareNic(
  nic: string,
  queues: readonly number[],
  count: number,
  external: boolean,
  rules: Steering,
): { close(): void } {
  for (const failure of repair(nic).failures) warn(failure)
  const journal = new Journal(nic)
  let steers = false
  try {
    if (rules.rules.length > 0) stopTakingTags(nic, rules, journal)
    if (queues.length < count && !external) {
      if (!rules.rules.some((rule) => rule.action === 'steer'))
        throw new RxburstError(
          'ERR_STEER_QUEUES',
          `${nic} has ${count} receive queues and ${queues.length} ${queues.length === 1 ? 'is' : 'are'} wanted; no NIC rule feeds just these, so packets would go by unseen. Take queues: 'all', or say steering: 'external' (--steering external) when something else directs the flow.`,
        )
      if (steeredByNic.has(nic))
        throw new RxburstError(
          'ERR_STEER_QUEUES',
          `${nic} has one RSS table, and another port of this process has NIC rules there. Open one port with all of these queues, or say steering: 'external' (--steering external) when something else directs the flow.`,
        )
      rules.use(new NicSteering(nic, queues, count, journal))
      steeredByNic.add(nic)
      steers = true
    }
  } catch (error) {
    journal.close()
    throw withCutOff(error as RxburstError, nic)
  }
  return {
    close: () => {
      if (steers) steeredByNic.delete(nic)
      steers = false
      journal.close()
    },
  }
}

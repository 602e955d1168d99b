// Opens a device that leaves something on an interface beside it, which a journal undoes.
import { RxburstError } from '../../errors.js'
import { native } from '../../native.js'
import { repair } from '../../steering/journal/leftovers.js'
import { Journal } from '../../steering/journal/log.js'
import { warn } from '../../steering/journal/undo.js'

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

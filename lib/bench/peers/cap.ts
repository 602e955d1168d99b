// libpcap as JavaScript has it: the npm package cap, where it is installed beside the project or the user's own.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Contestant, Missing } from '../contestants/contestant.js'
import { roleContestant } from './sockets.js'

function resolveCap(): string {
  for (const from of [join(process.cwd(), 'x.js'), import.meta.url]) {
    try {
      return createRequire(from).resolve('cap')
    } catch {
      // not there; the next place may have it
    }
  }
  throw new Missing('the npm package cap is not installed', 'apt-get install libpcap-dev && npm install cap')
}

export function capReceiver(dev: string): Contestant {
  const row = {
    name: 'npm cap',
    does: 'counts packets in an event listener; libpcap copies each into one Buffer',
    runtime: 'ts',
    backend: 'cap',
    mode: 'rxonly',
    api: 'none',
    burst: 1,
  } as const
  return {
    ...row,
    kind: 'peer',
    start: async () => roleContestant('cap', { path: resolveCap(), dev }, row).start(),
  }
}

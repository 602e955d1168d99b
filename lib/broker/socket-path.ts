// Where the broker's socket lies, so that nobody else can put one in its place, and none stays behind.
import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { RxburstError } from '../errors.js'
import { pidNamespace, startTime } from '../process-identity.js'

const PASS_THROUGH = 0o711 // others may reach a socket by its name; they can't list the folder

const folders = () => ['/run/rxburst-broker', `/tmp/rxburst-broker-${process.geteuid!()}`]

function folder(): string {
  let why = ''
  for (const path of folders())
    try {
      mkdirSync(path, { recursive: true })
      const found = lstatSync(path)
      if (!found.isDirectory() || found.uid !== process.geteuid!()) {
        why = `${path} belongs to somebody else`
        continue
      }
      chmodSync(path, PASS_THROUGH)
      return path
    } catch (error) {
      why = (error as Error).message
    }
  throw new RxburstError('ERR_SYSTEM', `there is no folder for the broker's socket: ${why}`)
}

function unlinkAll(path: string, which: (name: string) => boolean): void {
  for (const name of readdirSync(path))
    if (name.endsWith('.sock') && which(name))
      try {
        unlinkSync(join(path, name))
      } catch {
        // its broker has just taken it away
      }
}

/**
 * A path for this process's socket. Takes away the sockets of brokers that were killed. Containers may share the
 * folder, and a number means another process in each of their namespaces: so only the sockets of this namespace are
 * judged.
 */
export function socketPath(): string {
  const place = folder()
  const here = pidNamespace().replace(/\D/g, '')
  unlinkAll(place, (name) => {
    const [space, pid, start] = name.split('-')
    return space === here && startTime(Number(pid)) !== start
  })
  const random = randomBytes(8).toString('hex')
  return join(place, `${here}-${process.pid}-${startTime(process.pid)}-${random}.sock`)
}

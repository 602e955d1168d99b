// Where the broker's socket lies, so that nobody else can put one in its place, and none stays behind.
import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { RxburstError } from '../errors.js'
import { startTime } from '../process-identity.js'

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

/** A path for this process's socket. Takes away the sockets of brokers that were killed. */
export function socketPath(): string {
  const place = folder()
  unlinkAll(place, (name) => {
    const [pid, start] = name.split('-')
    return startTime(Number(pid)) !== start
  })
  return join(place, `${process.pid}-${startTime(process.pid)}-${randomBytes(8).toString('hex')}.sock`)
}

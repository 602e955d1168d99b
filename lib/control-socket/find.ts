// Finds what a word on the command line means: a port, or a data plane that runs, by its process or by its name.
import { nearest, RxburstError } from '../errors.js'
import { ControlClient } from './client.js'
import { type Entry, entries } from './folder.js'

/** A word: with a colon it is a port's name, digits are a process, and any other is the name of a data plane. */
export type Meant =
  | { kind: 'port'; port: string }
  | { kind: 'pid'; pid: number }
  | { kind: 'name'; name: string }

/** The kind of thing that a word names. */
export function meantBy(word: string): Meant {
  if (word.includes(':')) return { kind: 'port', port: word }
  return /^\d+$/.test(word) ? { kind: 'pid', pid: Number(word) } : { kind: 'name', name: word }
}

/** Data planes of this user; of all users for root. */
export const planes = (): Entry[] => entries()

const titleOf = ({ name, pid }: Entry) => (name === undefined ? `${pid}` : `${name} (${pid})`)

function missing(word: string, all: readonly Entry[]): RxburstError {
  const meant = nearest(
    word,
    all.flatMap(({ name }) => name ?? []),
  )
  const found = all.length === 0 ? 'none runs' : `there are ${all.map(titleOf).join(', ')}`
  const hint = meant ? `; did you mean ${meant}?` : '.'
  return new RxburstError('ERR_NO_PLANE', `no data plane '${word}': ${found}${hint} See: npx rxburst ps`)
}

/**
 * The data plane that a word means. A name is first of all one of this user's own.
 * @throws ERR_NO_PLANE when there is none, ERR_BAD_ARGUMENT when there are several, or the word is a port
 */
export function findPlane(word: string): Entry {
  const meant = meantBy(word)
  if (meant.kind === 'port')
    throw new RxburstError(
      'ERR_BAD_ARGUMENT',
      `${word} is a port; a data plane is meant: its process or its name`,
    )
  const all = planes()
  const found = all.filter((entry) =>
    meant.kind === 'pid' ? entry.here && entry.pid === meant.pid : entry.name === meant.name,
  )
  const own = found.filter(({ uid }) => uid === process.geteuid!())
  const chosen = own.length > 0 ? own : found
  if (chosen.length === 0) throw missing(word, all)
  if (chosen.length > 1)
    throw new RxburstError(
      'ERR_BAD_ARGUMENT',
      `'${word}' means several data planes: ${chosen.map(titleOf).join(', ')}. Say which by ${meant.kind === 'pid' ? 'name' : 'process'}.`,
    )
  return chosen[0]
}

/**
 * Connects to the data plane that a word means.
 * @throws what findPlane() throws, and ERR_CONTROL when it does not answer
 */
export const connectTo = async (word: string): Promise<ControlClient> =>
  ControlClient.connect(findPlane(word))

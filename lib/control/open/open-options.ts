// Checks what open() was given, before anything is opened.
import { checkInteger, checkKeys, RxburstError } from '../../errors.js'
import { layout, type NativeBackend, native } from '../../native.js'
import { type RuleSet, readRules } from '../../steering/spec.js'
import { theArena } from '../arena.js'
import { checkOnLost, type OnLost } from '../lost.js'
import type { AnyOptions, CommonOptions, RequireOptions } from './options.js'
import { readPortName } from './port-name.js'

const COMMON = [
  'queues',
  'takeAll',
  'steer',
  'pass',
  'fragments',
  'steering',
  'segments',
  'onLost',
  'require',
]

function checkQueues(queues: CommonOptions['queues']): number[] | null {
  if (queues === undefined || queues === 'all') return null
  const wanted = `queues is 'all' or a list of at most ${layout.limits.queuesMax} queue numbers that is not empty, such as [0, 1]`
  if (!Array.isArray(queues)) throw new RxburstError('ERR_BAD_OPTION', wanted)
  const { length } = queues
  if (!(length > 0 && length <= layout.limits.queuesMax)) throw new RxburstError('ERR_BAD_OPTION', wanted)
  // Each is read once: a list may answer otherwise the next time, and its iterator as it likes.
  const numbers: number[] = []
  for (let i = 0; i < length; i++) {
    const queue = checkInteger('a queue', queues[i], 0, layout.limits.queuesMax - 1)
    if (numbers.includes(queue)) throw new RxburstError('ERR_BAD_OPTION', `queue ${queue} is listed twice`)
    numbers.push(queue)
  }
  return numbers
}

/** Throws for what C would cut short. */
function checkNul(code: string, what: string, text: string): void {
  if (text.includes('\0'))
    throw new RxburstError(
      code,
      `${what} holds a NUL, behind which nothing would be read: ${JSON.stringify(text)}`,
    )
}

function checkSegments(name: string, backend: NativeBackend | null, segments: unknown): void {
  if (segments !== undefined && typeof segments !== 'boolean' && segments !== 'true' && segments !== 'false')
    throw new RxburstError('ERR_BAD_OPTION', `segments is true or false, not ${String(segments)}`)
  if (backend && !backend.segments && String(segments) === 'true')
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `${name}: this backend always has a packet in one frame. docs/long-packets.md says which backends have segments`,
    )
}

function checkHugepages(required: boolean | undefined): void {
  const arena = theArena()
  if (required && arena.pages !== '2M')
    throw new RxburstError(
      'ERR_REQUIRE',
      `hugepages were required, and packet memory lies on ${arena.pages} pages. Reserve some: sysctl -w vm.nr_hugepages=${Math.ceil((arena.frameCount * arena.frameSize) / (2 << 20)) + 2}`,
    )
}

/** The input of open(), checked. */
export interface Request {
  name: string
  /** Null: every queue. */
  queues: number[] | null
  takeAll: boolean
  rules: RuleSet
  /** The options say which packets to take or to leave. */
  hasRules: boolean
  /** Something else directs the flow to the queues taken. */
  external: boolean
  fragments: CommonOptions['fragments']
  require: RequireOptions
  onLost: OnLost | undefined
  /** The backend takes over what another process has opened: from a plugin's socket, or as a pinned map. */
  inherits: boolean
  pluginSocket: unknown
  xskmap: unknown
  /** The backend's own options: a key, its value, the next key. */
  options: { key: string; value: string }[]
}

/**
 * Checks a port's name and the options of open().
 * @throws RxburstError with a code for each thing that can be wrong; nothing is open then
 */
export function readRequest(typed: string, given: object): Request {
  if (typeof typed !== 'string')
    throw new RxburstError('ERR_BAD_PORT_NAME', 'a port name is a string such as "afxdp:eth0"')
  checkNul('ERR_BAD_PORT_NAME', 'a port name', typed)
  const backend = native.backends.of(typed)
  const keys = backend && [...new Set([...COMMON, ...backend.options.map(({ key }) => key)])]
  checkKeys(`open('${typed}')`, given, keys ?? Object.keys(Object(given)))
  const { name, options } = readPortName(typed, given as AnyOptions, backend, keys) as {
    name: string
    options: AnyOptions
  }
  const {
    queues,
    takeAll = false,
    steer,
    pass,
    fragments,
    steering,
    require = {},
    pluginSocket,
    xskmap,
    onLost: lostOption,
    ...rest
  } = options
  if (typeof takeAll !== 'boolean')
    throw new RxburstError('ERR_BAD_OPTION', `takeAll is true or false, not ${String(takeAll)}`)
  if (steering !== undefined && steering !== 'external')
    throw new RxburstError('ERR_BAD_OPTION', `steering may only be 'external', not '${String(steering)}'`)
  if (takeAll && steer !== undefined)
    throw new RxburstError('ERR_BAD_OPTION', 'takeAll takes every packet, steer only some: say one of them')
  checkSegments(name, backend, rest.segments)
  if (!backend?.segments) delete rest.segments
  const settings = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: String(value) }))
  for (const word of [
    ...settings.flatMap(({ key, value }) => [key, value]),
    String(pluginSocket),
    String(xskmap),
  ])
    checkNul('ERR_BAD_OPTION', 'an option', word)
  const rules = readRules(steer, pass, fragments)
  checkKeys('require', require, ['zeroCopy', 'hugepages', 'nativeXdp'])
  const onLost = checkOnLost(`open('${name}')`, lostOption)
  const numbers = checkQueues(queues)
  checkHugepages(require.hugepages)
  return {
    name,
    queues: numbers,
    takeAll,
    rules,
    hasRules: steer !== undefined || pass !== undefined,
    external: steering === 'external',
    fragments,
    require,
    onLost,
    inherits: backend?.inherits ?? false,
    pluginSocket,
    xskmap,
    options: settings,
  }
}

// Captures a data plane of another process: asked for by its control socket, read from its memory.
//
// Descriptors can't go through node:net, so the answer has their numbers, and the reader opens them in /proc/PID/fd.
// The kernel lets those do so who may trace the process: the same user with no fewer capabilities, and root
// (PTRACE_MODE_READ_FSCREDS, proc(5)). The control socket answers the same two.
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import type { ControlClient } from '../control-socket/client.js'
import { RxburstError } from '../errors.js'
import { layout } from '../native.js'
import { Capture } from './capture.js'
import { CaptureMemory } from './memory.js'
import { type CaptureOptions, checkCaptureOptions } from './options.js'
import { checkWritable } from './sink.js'
import type { Place, Source } from './source.js'

const O_PATH = 0o10000000 // fcntl.h of Linux; Node does not name it
const KEEP_MS = 20_000 // a connection without requests is hung up on after a minute

interface Answer {
  capture: number
  records: number
  index: number
  places: Place[]
}

/**
 * The number is the other process's word: a device would do something when it is opened. So the file is looked at first,
 * through a descriptor that opens nothing (open(2), O_PATH).
 */
function openOf(pid: number, fd: number, flags: number): number {
  let path = -1
  try {
    path = openSync(`/proc/${pid}/fd/${fd}`, O_PATH)
    if (!fstatSync(path).isFile()) throw new Error('it is no file')
    return openSync(`/proc/self/fd/${path}`, flags | constants.O_NONBLOCK)
  } catch (error) {
    throw new RxburstError(
      'ERR_CONTROL',
      `the memory of process ${pid} can't be opened: ${(error as Error).message}. Its user may, with no fewer capabilities than it has, and so may root: sudo npx rxburst capture …`,
    )
  } finally {
    if (path >= 0) closeSync(path)
  }
}

function map(pid: number, { records, index }: Answer): CaptureMemory {
  const descriptors: number[] = []
  try {
    descriptors.push(openOf(pid, records, constants.O_RDONLY))
    descriptors.push(openOf(pid, index, constants.O_RDWR))
    return new CaptureMemory({ records: descriptors[0], index: descriptors[1] })
  } finally {
    for (const fd of descriptors) closeSync(fd)
  }
}

/** Names and numbers of another process, as they may be. */
function checkPlaces(places: unknown): Place[] {
  const small = (value: unknown, most: number) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) < most
  const sound =
    Array.isArray(places) &&
    places.every(
      (each) =>
        small(each?.ring, layout.limits.workersMax) &&
        small(each.slot, layout.limits.slotsMax) &&
        small(each.queue, 2 ** 31) &&
        typeof each.port === 'string' &&
        (each.mac === undefined || (Array.isArray(each.mac) && each.mac.length === 6)),
    )
  if (!sound) throw new RxburstError('ERR_CONTROL', 'the data plane tells places that can not be')
  return places as Place[]
}

/**
 * Captures the data plane behind a connection, which is the capture's from then on.
 * @throws ERR_BAD_OPTION, ERR_STEER, ERR_BAD_ARGUMENT, ERR_CONTROL, and what the data plane answers
 */
export async function captureRemote(client: ControlClient, given: CaptureOptions): Promise<Capture> {
  const options = checkCaptureOptions(given)
  if (typeof options.to === 'string' && options.to !== '-')
    checkWritable(options.to, options.rotateBytes !== undefined)
  const { filter, snaplen, points, sample, ringBytes } = options
  let waiting: Promise<unknown> = Promise.resolve()
  const ask = <T>(request: string, fields: Record<string, unknown> = {}): Promise<T> => {
    const next = waiting.then(() => client.ask<T>(request, fields))
    waiting = next.catch(() => {})
    return next
  }
  const answer = await ask<Answer>('capture', { filter, snaplen, points, sample, ringBytes })
  const memory = map(client.pid, answer)
  const places = checkPlaces(answer.places).filter(({ ring }) => ring < memory.rings.length)
  const timer = setInterval(() => void ask('capture-keep').catch(() => {}), KEEP_MS)
  let detached: Promise<unknown> | undefined
  const source: Source = {
    memory,
    places,
    get over() {
      return client.ended
    },
    get error() {
      // A worker that ends in order says so in the memory.
      if (detached || memory.rings.every(({ worker }) => memory.isGone(worker))) return undefined
      return new RxburstError(
        'ERR_CONTROL',
        `the data plane ${client.pid} died. The capture has what came before`,
      )
    },
    detach: async () => {
      // A data plane that has ended writes no more.
      detached ??= client.ended
        ? Promise.resolve()
        : ask('capture-end', { capture: answer.capture }).catch(() => {})
      await detached
    },
    close: () => {
      clearInterval(timer)
      client.close()
    },
  }
  return new Capture(source, options)
}

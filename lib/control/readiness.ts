// Waits until every worker of a data plane polls, and no longer than the program wants.
import { RxburstError } from '../errors.js'
import type { WorkerThread } from './worker-thread.js'

/**
 * Resolves when every worker is ready.
 * @param graceMs how long they may take after the signal; its reason is thrown then
 * @param startMs how long they may take at all; undefined: for ever
 * @throws the first worker's error, ERR_NOT_READY, or the signal's reason
 */
export async function allReady(
  threads: readonly WorkerThread[],
  graceMs: number,
  startMs?: number,
  signal?: AbortSignal,
): Promise<void> {
  const timers: NodeJS.Timeout[] = []
  let abort: (() => void) | undefined
  const waiting = new Set(threads.map((_, index) => index))
  const everyone = threads.map(async (worker, index) => {
    await worker.ready
    waiting.delete(index)
  })
  const tooLong = new Promise<never>((_, reject) => {
    if (startMs !== undefined) timers.push(setTimeout(() => reject(notReady(waiting, startMs)), startMs))
    abort = () => timers.push(setTimeout(() => reject(signal?.reason), graceMs))
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
  try {
    await Promise.race([Promise.all(everyone), tooLong])
  } finally {
    for (const timer of timers) clearTimeout(timer)
    if (abort) signal?.removeEventListener('abort', abort)
  }
}

function notReady(waiting: ReadonlySet<number>, startMs: number): RxburstError {
  const which = [...waiting].join(', ')
  return new RxburstError(
    'ERR_NOT_READY',
    `these workers were not ready within ${startMs} ms (startMs): ${which}. Does the processor's module, or its default export, wait or loop?`,
  )
}

// The signals by which a user, a terminal or a service manager ends a process, handled in one place.

/** Ctrl-C and `kill`: what `handleSignals` of run() promises. */
export const STOPPING = ['SIGINT', 'SIGTERM'] as const
/** A closed terminal too: for commands, which undo what they did. */
export const ENDING = [...STOPPING, 'SIGHUP'] as const
/** All that a terminal sends: for a command that passes them on. */
export const TERMINAL = [...ENDING, 'SIGQUIT'] as const

type Ending = (typeof TERMINAL)[number]

/**
 * Calls back with each of these signals, in the place of Node's own handling, which ends the process at once.
 * @returns ends that; then Node handles them again
 */
export function onSignals(signals: readonly Ending[], handler: (signal: Ending) => void): () => void {
  for (const signal of signals) process.on(signal, handler)
  return () => {
    for (const signal of signals) process.off(signal, handler)
  }
}

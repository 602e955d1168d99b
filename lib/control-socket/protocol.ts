// The protocol of a control socket: a line of JSON asks, a line of JSON answers.

/** The version that both sides speak. A request states it, and any other is refused. */
export const VERSION = 1

/** Limits of one data plane's socket: nobody who asks can make it wait, or fill its memory. */
export const LIMITS = {
  /** Connections at a time; more are closed at once. */
  clients: 8,
  /** Of one request. */
  requestBytes: 4096,
  /** Of one answer. */
  answerBytes: 4 << 20,
  /** In which a request that has begun is whole, and in which it is answered. */
  requestMs: 5000,
  /** In which the client has read an answer. */
  readMs: 5000,
  /** Without a request. */
  idleMs: 60_000,
} as const

/** A line from the client; other keys are the request's own. */
export interface Request {
  v: number
  request: string
  [key: string]: unknown
}

/** A line from the data plane. */
export type Answer =
  | { v: number; ok: true; answer: unknown }
  | { v: number; ok: false; code: string; message: string }

/** A name of a data plane. Digits alone would be a process, a colon would make it a port. */
export const NAME = /^(?!\d+$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/

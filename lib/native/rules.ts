// Which packets a port takes: filters, and the rules that are in force.

declare const compiled: unique symbol

/** A filter that is compiled. Only native code looks into it, and in the thread that had it compiled. */
export interface NativeFilter {
  readonly [compiled]: true
}

/** A rule as native code takes it. */
export interface NativeRule {
  filter: NativeFilter
  /** Its packets stay with the kernel. */
  pass: boolean
  /** Of its counters. */
  slot: number
  /** Counts from 0. */
  fresh: boolean
  /** A rule that reads ports takes fragments too. */
  takesFragments: boolean
}

export interface RuleCalls {
  /** Rules of one port, at most. */
  readonly max: number
  /** '': every packet. Throws where libpcap or we refuse the expression. */
  compile(expression: string): NativeFilter
  set(wanted: { port: number; rules: readonly NativeRule[] }): void
  /** `elsewhere`: packets that matched on a queue that was not taken. */
  count(rule: { port: number; slot: number }): { packets: number; bytes: number; elsewhere: number }
  /**
   * Lines: why no rule of the NIC preselects, or nothing, then a rule each; null where the backend has no such rules.
   */
  layerOf(rule: { port: number; slot: number }): string | null
}

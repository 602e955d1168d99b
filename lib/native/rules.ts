// Which packets a port takes: filters, and the rules that are in force.

export interface RuleCalls {
  /** Rules of one port, at most. */
  readonly max: number
  /** libpcap's instructions: code, jt, jf, k. */
  compile(expression: string): number[][]
  /** expression, pass, slot, fresh, takes fragments, … */
  set(port: number, rules: readonly (string | boolean | number)[]): void
  /** packets, bytes, elsewhere */
  count(port: number, slot: number): [number, number, number]
  /** Lines: why no rule of the NIC preselects, or nothing, then a rule each; null where the backend has no such rules. */
  layerOf(port: number, slot: number): string | null
}

// Flows of a worker: tables before it starts, the rest in its own thread.

/** A flow as it stands in its table. */
export interface NativeFlow {
  /** As lib/flows/key.ts reads it. */
  key: Uint8Array
  family: number
  action: number
  /** Null: the NIC has executed it, and does not count. */
  packets: number | null
  bytes: number | null
  firstMs: number
  lastMs: number
  param: number
  twin: boolean
  layer: 'worker' | 'xdp' | 'nic'
  why: string
}

export interface NativeFlowStats {
  entries: number
  hits: number
  misses: number
  unfit: number
  refused: number
  evicted: number
  ended: number
  stopped: number
  xdp: number
  nic: number
  memory: number
  unmirrored: number
}

/** A piece of a list of flows; `next` is 0xffffffff behind the last one. */
export interface NativeFlowPiece {
  /** Flows in the piece. */
  rows: number
  /** Flows that were looked at. */
  live: number
  /** Where the next piece begins. */
  next: number
  textBytes: number
}

interface KeyOfFlow {
  table: number
  key: Uint8Array
  family: number
}

/** What a table of flows is made of. */
export interface TableRequest {
  shape: number
  anyPort: boolean
  capacity: number
  refuse: boolean
  watch: boolean
  after: number
  idleMs: number
  hardMs: number
  activeMs: number
  newPerSecond: number
  layer: string
  promoteAt: number
}

export interface FlowCalls {
  /** Before the worker starts; returns the table's number. */
  shape(options: TableRequest & { worker: number }): number
  /** Before the worker starts, or in its thread; returns the action's number. */
  action(made: { worker: number; steps: Uint8Array }): number
  setAction(changed: { action: number; steps: Uint8Array }): void
  invalidateAction(action: number): void
  actionCounts(action: number): { flows: number; metered: number; unfit: number }
  release(action: number): void
  invalidate(): void
  /** Carries out the requests that were written so far. */
  apply(): void
  find(packet: { table: number; slot: number; place: number }): NativeFlow | null
  addKey(flow: KeyOfFlow & { action: number; param: number }): boolean
  removeKey(flow: KeyOfFlow): boolean
  findKey(flow: KeyOfFlow): NativeFlow | null
  stats(table: number): NativeFlowStats
  record(table: number): void
  /**
   * `into`: see lib/flows/list.ts. Flows of more packets (or bytes) than `above` have a row, the others are counted.
   */
  list(piece: {
    table: number
    from: number
    byBytes: boolean
    above: number
    into: Uint8Array
  }): NativeFlowPiece
  /** `into`: columns of 256 records each; see lib/flows/ended.ts. */
  takeEnded(columns: { table: number; into: Uint8Array }): number
  end(): number
  /** What the main thread is to do: rules of the NIC to make, or, where `match` is '', to take away. */
  nicOrders(table: number): { id: number; port: number; match: string; mark: number }[]
  /** The rule is there, or is not and `why`: 'full', 'rules', 'driver', 'port'. */
  nicPlaced(answer: { table: number; id: number; counts: boolean; why: string }): void
  nicCounted(answer: { table: number; id: number; packets: number; bytes: number; gone: boolean }): void
  /** Nobody answers any more. */
  nicGiveUp(table: number): void
}

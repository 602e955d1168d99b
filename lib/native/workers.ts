// The life of a worker: planned, looked after and forgotten by the control thread, started and finished in its own.
import type { CaptureCalls } from './captures.js'
import type { FlowCalls } from './flows.js'

export interface WorkerPlan {
  cpu: number
  burst: number
  idle: number
  debug: boolean
  frames: number
  columns: number
  queues: { port: number; queue: number }[]
  /** In the order in which verdicts name them. */
  ports: number[]
}

export interface NativeAudit {
  ok: boolean
  problem: string
  frames: number
  free: number
  posted: number
  received: number
  burst: number
  kept: number
  queued: number
  rx: number
  fresh: number
  tx: number
  dropped: number
  passed: number
  rejected: number
  copied: number
  hits: number
  shown: number
}

export interface WorkerCalls {
  /** Tables of flows. */
  readonly flows: FlowCalls
  /** Captures of packets on their way through workers. */
  readonly captures: CaptureCalls
  plan(plan: WorkerPlan): number
  start(id: number): void
  finish(): void
  forget(id: number): void
  stop(id: number): void
  requestAudit(id: number): void
  auditResult(id: number): NativeAudit | null
  /** Has a running worker look after the queues of ports that were lost or are back. */
  requestRebind(id: number): void
  /** Null until it has looked; then '', or what failed. */
  rebindResult(id: number): string | null
}

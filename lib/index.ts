// The public names of rxburst, and nothing else.
export type { Capture } from './capture/capture.js'
export type { CaptureOptions, CapturePoint, CaptureStream } from './capture/options.js'
export type { CaptureCounts, PointSums } from './capture/source.js'
export type { TapPacket } from './capture/tap-packet.js'
export { type ArenaOptions, configureArena } from './control/arena.js'
export type { Capabilities, DeviceDetails, Link, RssDetails } from './control/capabilities.js'
export { type AuditReport, DataPlane, type WorkerAudit } from './control/data-plane.js'
export type { OnLost, PortEvent } from './control/lost.js'
export type { PlaneEvents } from './control/mailbox.js'
export type { Health, PortHealth, WorkerHealth } from './control/metrics/health.js'
export { open } from './control/open/open.js'
export type {
  AfxdpOptions,
  AnyOptions,
  BackendOptions,
  Column,
  CommonOptions,
  DpdkOptions,
  LoopOptions,
  OpenOptions,
  PacketOptions,
  PacketSocketOptions,
  PcapOptions,
  RequireOptions,
  SocketOptions,
} from './control/open/options.js'
export { Port, Queue } from './control/port.js'
export { run } from './control/run.js'
export type { RunOptions, WorkerOptions } from './control/run-options.js'
export type {
  CommonStats,
  Metric,
  PlaceStats,
  PortStats,
  Stats,
  Traffic,
  WorkerStats,
} from './control/stats/stats.js'
export { RxburstError } from './errors.js'
export type { Action, ActionStats } from './flows/action.js'
export type { EndedFlows, EndReason } from './flows/ended.js'
export type { Flows } from './flows/flows.js'
export type { FlowKey, Shape } from './flows/key.js'
export type { ListedFlow } from './flows/list.js'
export type { ShapeOptions } from './flows/options.js'
export type { FlowOptions, PlaneFlows } from './flows/plane.js'
export {
  dnat,
  type Endpoint,
  encap,
  endpoint,
  type FlowStep,
  type MacLike,
  type MeterOptions,
  meter,
  mirror,
  PARAM,
  type Param,
  peek,
  SHOW,
  type Step,
  setMac,
  snat,
  ttl,
  vlanPop,
  vlanPush,
} from './flows/steps.js'
export type { Flow, FlowTable, FlowTableStats } from './flows/table.js'
export { Rule, type RuleLayers, Steering } from './steering/rules.js'
export type { RuleCounters, Rules } from './steering/spec.js'
export { type WasmOptions, wasm } from './wasm/handler.js'
export { Burst, Packet } from './worker/burst.js'
export { Counter } from './worker/counter.js'
export type { PortDescription, QueueDescription } from './worker/description.js'
export { OwnedPacket } from './worker/owned-packet.js'
export type { PacketBytes } from './worker/packet.js'
export { type BurstHandler, type Context, type Processor, perPacket } from './worker/processor.js'
export { DROP, FLOW, KEEP, PASS, tx, type Verdict, verdict } from './worker/verdict.js'

// The public names of rxburst, and nothing else.
export { type ArenaOptions, configureArena } from './arena.js'
export type { PortDescription, QueueDescription } from './boot.js'
export { Burst, Packet } from './burst.js'
export { type AuditReport, DataPlane, type RunOptions, run, type WorkerOptions } from './dataplane.js'
export { RxburstError } from './errors.js'
export { OwnedPacket } from './frames.js'
export type { PlaneEvents } from './mailbox.js'
export {
  type Capabilities,
  type DeviceDetails,
  type Link,
  type OpenOptions,
  open,
  Port,
  Queue,
} from './port.js'
export { type BurstHandler, type Context, type Processor, perPacket } from './processor.js'
export type { Metric, Stats, Traffic } from './stats.js'
export { Rule, type RuleCounters, type RuleLayers, Steering } from './steer.js'
export { DROP, KEEP, PASS, tx, type Verdict } from './verdict.js'
export { type WasmOptions, wasm } from './wasm.js'

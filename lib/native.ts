// Loads the addon. Its functions stand in groups by who uses them; lib/native/ describes each.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { findDpdkModule } from './dpdk-module.js'
import { RxburstError } from './errors.js'
import { LAYOUT_NUMBER, layout } from './layout.gen.js'
import type { ArenaCalls } from './native/arena.js'
import type { BackendCalls } from './native/backends.js'
import type { GrantCalls } from './native/grant.js'
import type { NicCalls } from './native/nic.js'
import type { PortCalls } from './native/ports.js'
import type { RuleCalls } from './native/rules.js'
import type { SystemCalls } from './native/system.js'
import type { TestingCalls } from './native/testing.js'
import type { TrafficCalls } from './native/traffic.js'
import type { WorkerCalls } from './native/workers.js'
import { packageRoot } from './package-root.js'

export type { ArenaInfo } from './native/arena.js'
export type { NativeBackend, NativeOption } from './native/backends.js'
export type { TapOrder } from './native/captures.js'
export type { TableRequest } from './native/flows.js'
export type { Answer } from './native/grant.js'
export type { FlowKey, NativeChannels, NativeInterface, OffloadName } from './native/nic.js'
export type { Handed, NativePort } from './native/ports.js'
export type { NativeFilter, NativeRule } from './native/rules.js'
export type { SystemCalls } from './native/system.js'
export type { NativeGenerator } from './native/traffic.js'
export type { NativeAudit, WorkerPlan } from './native/workers.js'

export interface Native {
  /** What layout.h of this build says, folded into one number. */
  readonly layoutNumber: number
  /** The one crossing per turn: no argument, no result. */
  turn(): void
  readonly arena: ArenaCalls
  readonly backends: BackendCalls
  readonly ports: PortCalls
  readonly rules: RuleCalls
  readonly workers: WorkerCalls
  readonly nic: NicCalls
  readonly traffic: TrafficCalls
  readonly grant: GrantCalls
  readonly system: SystemCalls
  readonly testing: TestingCalls
}

const require = createRequire(import.meta.url)
const BUILT_HERE = `${packageRoot}build/Release/rxburst.node`
const asksForAnother = process.env.PREBUILDS_ONLY || process.env.RXBURST_PREBUILD

export { layout, packageRoot }

/** The file of the addon. node-gyp-build finds it as well, and takes some milliseconds to look through folders. */
export const addonPath: string =
  asksForAnother || !existsSync(BUILT_HERE) ? require('node-gyp-build').path(packageRoot) : BUILT_HERE

export const native: Native = require(addonPath)

// Without this check a prebuilt addon beside newer TypeScript would misread columns.
if (native.layoutNumber !== LAYOUT_NUMBER)
  throw new RxburstError(
    'ERR_BUILD',
    `the addon and the TypeScript of rxburst are of different builds (layout ${native.layoutNumber}, wanted ${LAYOUT_NUMBER}): npm rebuild rxburst`,
  )

native.system.setErrorClass(RxburstError)

// The DPDK backend, a module of its own: `npx rxburst build-dpdk` makes it.
native.backends.setModulePath({ backend: 'dpdk', file: findDpdkModule() })

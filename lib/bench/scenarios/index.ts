// Every scenario, in the order in which they run.
import type { Scenario } from '../scenario.js'
import { dropScenario } from './drop.js'
import { forwardScenario } from './forward.js'
import { latencyScenario } from './latency.js'
import { nullScenario } from './null.js'
import { receiveScenario } from './receive.js'

export const SCENARIOS: readonly Scenario[] = [
  receiveScenario,
  dropScenario,
  forwardScenario,
  nullScenario,
  latencyScenario,
]

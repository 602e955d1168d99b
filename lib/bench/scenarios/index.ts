// Every scenario, in the order in which they run.
import type { Scenario } from '../scenario.js'
import { nullScenario } from './null.js'
import { receiveScenario } from './receive.js'

export const SCENARIOS: readonly Scenario[] = [receiveScenario, nullScenario]

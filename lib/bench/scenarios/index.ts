// Every scenario, in the order in which they run.
import type { Scenario } from '../scenario.js'
import { costScenario } from './cost.js'
import { dropScenario } from './drop.js'
import { flowsScenario } from './flows.js'
import { forwardScenario } from './forward.js'
import { handlersScenario } from './handlers.js'
import { latencyScenario } from './latency.js'
import { nullScenario } from './null.js'
import { openScenario } from './open.js'
import { passScenario } from './pass.js'
import { receiveScenario } from './receive.js'
import { scaleScenario } from './scale.js'
import { sizeScenario } from './size.js'
import { steerScenario } from './steer.js'
import { wireScenario } from './wire.js'

export const SCENARIOS: readonly Scenario[] = [
  receiveScenario,
  dropScenario,
  forwardScenario,
  nullScenario,
  latencyScenario,
  scaleScenario,
  sizeScenario,
  costScenario,
  openScenario,
  steerScenario,
  handlersScenario,
  passScenario,
  wireScenario,
  flowsScenario,
]

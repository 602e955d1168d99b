// Every command that needs the addon, in the order in which --help lists them.
import type { Command } from 'commander'
import { benchCommand } from './commands/bench.js'
import { buildDpdkCommand } from './commands/build-dpdk.js'
import { dropCommand } from './commands/drop.js'
import { generateCommand } from './commands/generate.js'
import { grantCommand } from './commands/grant.js'
import { l2fwdCommand } from './commands/l2fwd.js'
import { labCommand } from './commands/lab.js'
import { optionsCommand } from './commands/options.js'
import { replayCommand } from './commands/replay.js'
import { runCommand } from './commands/run.js'
import { captureCommand } from './commands/running/capture.js'
import { flowsCommand } from './commands/running/flows.js'
import { psCommand } from './commands/running/ps.js'
import { topCommand } from './commands/running/top.js'

export const commands = (): Command[] => [
  runCommand(),
  dropCommand(),
  l2fwdCommand(),
  generateCommand(),
  replayCommand(),
  psCommand(),
  topCommand(),
  flowsCommand(),
  captureCommand(),
  grantCommand(),
  optionsCommand(),
  labCommand(),
  buildDpdkCommand(),
  benchCommand(),
]

// Every command that needs the addon, in the order in which --help lists them.
import type { Command } from 'commander'
import { benchCommand } from './commands/bench.js'
import { buildDpdkCommand } from './commands/build-dpdk.js'
import { captureCommand } from './commands/capture.js'
import { dropCommand } from './commands/drop.js'
import { flowsCommand } from './commands/flows.js'
import { generateCommand } from './commands/generate.js'
import { grantCommand } from './commands/grant.js'
import { l2fwdCommand } from './commands/l2fwd.js'
import { labCommand } from './commands/lab.js'
import { optionsCommand } from './commands/options.js'
import { psCommand } from './commands/ps.js'
import { replayCommand } from './commands/replay.js'
import { runCommand } from './commands/run.js'
import { topCommand } from './commands/top.js'

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

// Every command that needs the addon, in the order in which --help lists them.
import type { Command } from 'commander'
import { benchCommand } from './bench.js'
import { buildDpdkCommand } from './build-dpdk.js'
import { dropCommand } from './drop.js'
import { generateCommand } from './generate.js'
import { grantCommand } from './grant.js'
import { l2fwdCommand } from './l2fwd.js'
import { labCommand } from './lab.js'
import { optionsCommand } from './options.js'
import { psCommand } from './ps.js'
import { runCommand } from './run.js'

export const commands = (): Command[] => [
  runCommand(),
  dropCommand(),
  l2fwdCommand(),
  generateCommand(),
  psCommand(),
  grantCommand(),
  optionsCommand(),
  labCommand(),
  buildDpdkCommand(),
  benchCommand(),
]

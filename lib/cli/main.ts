#!/usr/bin/env node
// The command line: `rxburst COMMAND`. Results on stdout, everything else on stderr.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { packageRoot } from '../native.js'
import { benchCommand } from './bench.js'
import { buildDpdkCommand } from './build-dpdk.js'
import { dropCommand } from './drop.js'
import { generateCommand } from './generate.js'
import { l2fwdCommand } from './l2fwd.js'
import { labCommand } from './lab.js'
import { runCommand } from './run.js'

const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }

const program = new Command('rxburst')
  .description('Packet processing at C speed, in TypeScript.')
  .version(version)
  .showHelpAfterError('(rxburst COMMAND --help shows examples)')
  .addCommand(runCommand())
  .addCommand(dropCommand())
  .addCommand(l2fwdCommand())
  .addCommand(generateCommand())
  .addCommand(labCommand())
  .addCommand(buildDpdkCommand())
  .addCommand(benchCommand())
  .addHelpText(
    'after',
    `
Examples:
  $ npx rxburst lab up
  $ npx rxburst l2fwd afxdp:rxb-left afxdp:rxb-right --take-all
  $ npx rxburst run firewall.ts afxdp:eth0 afxdp:eth1 --take-all --cpus 2,3`,
  )
for (const command of program.commands) command.copyInheritedSettings(program)

try {
  await program.parseAsync()
} catch (error) {
  const { code, message, stack, cause } = error as Error & { code?: string }
  const known = typeof code === 'string' && code.startsWith('ERR_')
  process.stderr.write(`rxburst: ${known ? `${message} [${code}]` : (stack ?? message)}\n`)
  if (known && cause instanceof Error) process.stderr.write(`${cause.stack}\n`)
  process.exitCode = 1
}

// The commands of `rxburst`, and how their errors are told. Results on stdout, everything else on stderr.
import { Command } from 'commander'
import { packageVersion } from '../package-root.js'
import { dissectCommand } from './commands/dissect.js'
import { doctorCommand } from './commands/doctor.js'
import { initCommand } from './commands/init.js'

const program = new Command('rxburst')
  .description('Packet processing at C speed, in TypeScript.')
  .version(packageVersion)
  .configureOutput({
    outputError: (text, write) =>
      write(
        text
          .replace(/unknown option '--keep[^']*'/, '$&: it is called --pass now')
          // Our messages begin with a small letter.
          .replace(/(argument '.*' is invalid)\. /, '$1: '),
      ),
  })
  .showHelpAfterError('(rxburst COMMAND --help shows examples)')
  .addHelpText(
    'after',
    `
Examples:
  $ npx rxburst lab up
  $ npx rxburst l2fwd afxdp:rxb-left afxdp:rxb-right --take-all
  $ npx rxburst run firewall.ts afxdp:eth0 afxdp:eth1 --take-all --cpus 2,3`,
  )
// These need no addon, and the doctor must be able to say that it does not load.
if (!['dissect', 'doctor', 'init'].includes(process.argv[2]))
  for (const command of (await import('./commands.js')).commands()) program.addCommand(command)
program.addCommand(dissectCommand())
program.addCommand(doctorCommand())
program.addCommand(initCommand())
for (const command of program.commands) command.copyInheritedSettings(program)

try {
  await program.parseAsync()
} catch (error) {
  const { code, message, stack, cause } = error as Error & { code?: string }
  const known = typeof code === 'string' && code.startsWith('ERR_')
  process.stderr.write(`rxburst: ${known ? `${message} [${code}]` : (stack ?? message)}\n`)
  // Where a processor threw is for its author to see; an error of ours says all there is to say.
  if (known && cause instanceof Error && cause.name !== 'RxburstError')
    process.stderr.write(`${cause.stack}\n`)
  process.exitCode = 1
}

// rxburst drop PORT: examples/01-drop.ts by name.
import { Command } from 'commander'
import { type RunFlags, runProcessor, withRunOptions } from '../common.js'

export function dropCommand(): Command {
  const command = new Command('drop')
    .description('receive every packet and drop it: how fast can this machine receive?')
    .argument('<port>', 'a port such as afxdp:eth0')
    .addHelpText(
      'after',
      `
Examples:
  $ npx rxburst drop afxdp:rxb-left --take-all
  $ npx rxburst drop afxdp:eth0 --take-all --queues all --cpus 2,3 --duration 10 --json`,
    )
  return withRunOptions(command).action((port: string, flags: RunFlags) =>
    runProcessor(new URL('../../../examples/01-drop.js', import.meta.url), [port], flags, undefined),
  )
}

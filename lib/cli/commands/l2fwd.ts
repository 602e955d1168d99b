// rxburst l2fwd PORT PORT: examples/02-l2fwd.ts by name.
import { Command, Option } from 'commander'
import { type RunFlags, runProcessor, withRunOptions } from '../common.js'

export function l2fwdCommand(): Command {
  const command = new Command('l2fwd')
    .description('forward every packet from one port to the other')
    .argument('<port>', 'a port such as afxdp:eth0')
    .argument('<other>', 'the port on the other side')
    .addOption(
      new Option(
        '--mode <mode>',
        "as testpmd's forwarding modes: io leaves packets alone, mac sets both addresses, macswap swaps them",
      )
        .choices(['io', 'mac', 'macswap'])
        .default('io'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ npx rxburst lab up
  $ npx rxburst l2fwd afxdp:rxb-left afxdp:rxb-right --take-all
  $ npx rxburst l2fwd afxdp:eth0 afxdp:eth1 --take-all --mode macswap --cpus 2,3 --json`,
    )
  return withRunOptions(command).action((port: string, other: string, flags: RunFlags & { mode: string }) =>
    runProcessor(new URL('../../../examples/02-l2fwd.js', import.meta.url), [port, other], flags, {
      mode: flags.mode,
    }),
  )
}

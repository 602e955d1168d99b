// `rxburst lab up|down|status`: two hosts to try things with.

import { Command, Option } from 'commander'
import { FLOW, LAB, type LabOptions, type LabState, labDown, labStatus, labUp } from '../../lab/lab.js'
import { ENDING, onSignals } from '../../signals.js'
import { parseWhole } from '../common.js'

const HELP = `
Two hosts, as network namespaces: rxburst-left (10.77.0.1) and rxburst-right (10.77.0.2). Each has one veth, eth0, whose
near end is here: rxb-left and rxb-right, the ports to open. Nothing joins the two until a forwarder does.
No other interface is touched.

Examples:
  $ npx rxburst lab up
  $ npx rxburst l2fwd afxdp:rxb-left afxdp:rxb-right --take-all
  $ ip netns exec rxburst-left ping 10.77.0.2
  $ npx rxburst lab up --bifurcated      # udp dst port ${FLOW.port} reaches queue ${FLOW.queue}, the rest queue 0 and the kernel
  $ npx rxburst lab status --json
  $ npx rxburst lab down`

interface Flags {
  name: string
  queues?: number
  bifurcated?: boolean
  flowPort?: number
  quiet?: boolean
  json?: boolean
}

export function labCommand(): Command {
  const lab = new Command('lab')
    .description('a lab of two hosts in network namespaces, joined by nothing but your program')
    .addHelpText('after', HELP)
  shared(lab.command('up'))
    .description('makes the lab; one of the same shape is left as it is')
    .option('--queues <n>', 'queues of every veth end (1; 2 when bifurcated)', parseWhole)
    .option(
      '--bifurcated',
      `one UDP flow reaches queue ${FLOW.queue}, everything else queue 0 and the kernel`,
    )
    .option(
      '--flow-port <port>',
      `that flow's UDP destination port (${FLOW.port}); implies --bifurcated`,
      parseWhole,
    )
    .action(up)
  shared(lab.command('down'))
    .description('removes all of the lab, also when it is only half there')
    .action((flags: Flags) => show(labDown({ name: flags.name, say: sayer(flags) }), flags))
  shared(lab.command('status'))
    .description('says what exists and what to try next; changes nothing')
    .action((flags: Flags) => show(labStatus(flags.name), flags))
  return lab
}

async function up(flags: Flags) {
  const { name, queues, flowPort } = flags
  const bifurcated = flowPort === undefined ? flags.bifurcated : { ...FLOW, port: flowPort }
  const options: LabOptions = { name, say: sayer(flags), bifurcated }
  let interrupted = false
  const unlisten = onSignals(ENDING, () => {
    interrupted = true
    unlisten()
  })
  const made = labUp(queues === undefined ? options : { ...options, queues })
  await new Promise((resolve) => setTimeout(resolve)) // lets a signal in that came meanwhile
  if (!interrupted) return show(made, flags)
  show(labDown(options), flags)
  process.exitCode = 130
}

function shared(command: Command): Command {
  return command
    .addOption(new Option('--name <name>', 'a lab beside the first: NAME-left, NAME-right').default(LAB))
    .option('--json', 'one line of JSON on stdout')
    .option('--quiet', 'do not show the commands it runs')
}

const sayer = (flags: Flags) => (flags.quiet ? () => {} : (line: string) => process.stderr.write(`${line}\n`))

function show(state: LabState, flags: Flags) {
  process.stdout.write(`${flags.json ? JSON.stringify(state) : describe(state)}\n`)
}

function describe(state: LabState): string {
  const { queues, bifurcated: flow } = state
  const lines = [`lab ${state.lab}: ${state.state}`]
  if (queues) lines[0] += `, ${queues} queue${queues > 1 ? 's' : ''}`
  if (flow)
    lines[0] += `, udp dst port ${flow.port} to queue ${flow.queue}, the rest to queue 0 and the kernel`
  for (const host of state.hosts) {
    if (!host.namespace_exists && !host.near_exists) continue
    const near = host.near_exists ? `${host.near} ${host.near_up ? 'up' : 'down'}` : `${host.near} missing`
    const own = host.near_address ? ` ${host.near_address}` : ''
    const xdp = host.near_xdp === null ? '' : `, XDP program ${host.near_xdp}`
    const space = host.namespace_exists
      ? `${host.interface} ${host.address} ${host.mac}`
      : 'namespace missing'
    lines.push(`  ${host.namespace.padEnd(16)} ${space}  --  ${near}${own} ${host.near_mac ?? ''}${xdp}`)
  }
  lines.push('try:', ...state.commands.map((command) => `  ${command}`))
  lines.push(...state.notes.map((note) => `note: ${note}`))
  return lines.join('\n')
}

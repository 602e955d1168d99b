// `rxburst flows`: the flows of a running data plane, those with the highest counts first.
import { Command, InvalidArgumentError, Option } from 'commander'
import type { FlowJson, FlowsAnswer, KeyJson } from '../../../control/flow-rows.js'
import type { ControlClient } from '../../../control-socket/client.js'
import { connectTo } from '../../../control-socket/find.js'
import { aligned, printable, withHeading } from '../../columns.js'

const COUNT = 1000
const COUNT_MAX = 1_000_000
const HELP = `
Packets and bytes are those of every layer, the first packet of each flow included. WHY says in a word why a flow is in
its layer. A worker gives 50 microseconds to the list each time that it yields, so 100 000 flows take about a second,
and a million about ten. A flow that begins or ends meanwhile may be in the list or not. In JSON the key of a flow is an
object, and the output is one line.

Examples:
  $ npx rxburst flows fw
  $ npx rxburst flows fw --top bytes -n 20
  $ npx rxburst flows 4711 --json | jq '.flows[] | select(.key.destination_port == 53) | .packets'`

interface Flags {
  top: 'packets' | 'bytes'
  count: number
  json?: boolean
}

/** All that was looked at, of which `flows` have the highest counts. */
interface List {
  flows: FlowJson[]
  total: number
  tables: number
}

function parseCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= COUNT_MAX) return count
  throw new InvalidArgumentError(`a list has 1 to ${COUNT_MAX} flows.`)
}

/** Asks until all were looked at: each answer is of bounded size, and made in a second. */
async function ask(client: ControlClient, { top, count }: Flags): Promise<List> {
  const list: List = { flows: [], total: 0, tables: 0 }
  for (let next: FlowsAnswer['next'] | undefined; next !== null; ) {
    const answer: FlowsAnswer = await client.ask('flows', { top, count, next })
    list.flows = [...list.flows, ...answer.flows]
      .sort((a, b) => (b[top] ?? 0) - (a[top] ?? 0))
      .slice(0, count)
    list.total += answer.live
    list.tables = Math.max(list.tables, answer.tables)
    next = answer.next
  }
  return list
}

function endText(address: string | undefined, port: number | undefined): string {
  if (address === undefined || port === undefined) return address ?? ''
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** 'udp 10.1.0.1:4000 > 10.2.0.1:53 vlan 7 port 0'. */
function keyText(key: KeyJson): string {
  const from = endText(key.source, key.source_port)
  const to = endText(key.destination, key.destination_port)
  return [
    ...(key.protocol === undefined ? [] : [`${key.protocol}`]),
    from && to ? `${from} > ${to}` : from ? `from ${from}` : `to ${to}`,
    ...(key.vlan === undefined ? [] : [`vlan ${key.vlan}`]),
    ...(key.port === undefined ? [] : [`port ${key.port}`]),
  ].join(' ')
}

function timeText(ms: number): string {
  if (ms < 1000) return `${ms} ms`
  if (ms < 120_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  return ms < 7_200_000 ? `${Math.floor(ms / 60_000)} min` : `${Math.floor(ms / 3_600_000)} h`
}

function text(word: string, { flows, total, tables }: List): string {
  if (tables === 0) return `the data plane '${word}' has no table of flows: its processor makes none\n`
  if (total === 0) return `the data plane '${word}' has no flows now\n`
  const lines = flows.map((flow) =>
    [
      flow.layer,
      flow.why,
      `${flow.packets ?? '-'}`,
      `${flow.bytes ?? '-'}`,
      timeText(flow.age_ms),
      timeText(flow.idle_ms),
      keyText(flow.key),
      flow.action,
    ].map(printable),
  )
  const heading = ['LAYER', 'WHY', 'PACKETS', 'BYTES', 'AGE', 'IDLE', 'FLOW', 'ACTION']
  const list = withHeading(aligned([heading, ...lines], [2, 3, 4, 5]))
  return flows.length < total ? `${list}${flows.length} of ${total} flows; -n shows more\n` : list
}

export function flowsCommand(): Command {
  return new Command('flows')
    .description('the flows of a running data plane: layer, counts, age, key and action')
    .argument('<plane>', 'its process or its name')
    .addOption(
      new Option('--top <count>', 'the flows with the most packets or bytes, in that order')
        .choices(['packets', 'bytes'])
        .default('packets'),
    )
    .option('-n, --count <flows>', 'how many flows at most', parseCount, COUNT)
    .option('--json', 'one line of JSON on stdout')
    .addHelpText('after', HELP)
    .action(async (word: string, flags: Flags) => {
      const client = await connectTo(word)
      try {
        const list = await ask(client, flags)
        process.stdout.write(flags.json ? `${JSON.stringify(list)}\n` : text(word, list))
      } finally {
        client.close()
      }
    })
}

// `rxburst options`: the options of each backend, from the tables by which they are checked.
import { Command } from 'commander'
import { RxburstError } from '../../errors.js'
import { type NativeOption, native } from '../../native.js'

const HELP = `
In a program they are keys of open()'s second argument. On the command line they stand behind a port's name, or after --opt for
every port. Options of every backend, such as queues and steer: see docs/api.md.

Examples:
  $ npx rxburst options afxdp
  $ npx rxburst options --json
  $ npx rxburst drop afxdp:eth0,ring=4096 --take-all`

/** The values that an option takes, in words. */
export function valuesOf({ kind, from, to, choices }: NativeOption): string {
  if (kind === 'choice') return choices.join(', ')
  if (kind === 'flag') return 'true, false'
  return kind === 'text' ? 'text' : `${kind === 'number' ? '' : `${kind}, `}${from} to ${to}`
}

/** Every backend that is there, with its options; of one that is not, why. */
export function tablesOfOptions(): { backend: string; options: NativeOption[]; missing: string }[] {
  return [...native.backends.names].sort().map((backend) => {
    const name = `${backend}:any`
    const missing = native.backends.problem(name)
    return { backend, options: missing ? [] : native.backends.of(name)!.options, missing }
  })
}

/** As a page of documentation. */
export function pageOfOptions(): string {
  const lines = [
    '# Options of each backend',
    '',
    'Generated from the tables in native/ by `npx rxburst options --markdown`: do not edit. The same tables check every `open()`.',
    'Options of every backend, such as `queues` and `steer`, are in [the pages of the backends](backends.md).',
  ]
  for (const { backend, options } of tablesOfOptions())
    lines.push(
      '',
      `## ${backend}`,
      '',
      '| option | values | default | purpose |',
      '|---|---|---|---|',
      ...options.map(
        (option) => `| \`${option.key}\` | ${valuesOf(option)} | ${option.fallback} | ${option.what} |`,
      ),
    )
  return `${lines.join('\n')}\n`
}

function asText(chosen: ReturnType<typeof tablesOfOptions>): string {
  return chosen
    .map(({ backend, options, missing }) => {
      if (missing) return `${backend}: is not there: ${missing}\n`
      const rows = options.map((option) => [option.key, valuesOf(option), option.fallback, option.what])
      const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)))
      const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '))
      return `${backend}:\n${lines.map((each) => `  ${each}\n`).join('')}`
    })
    .join('\n')
}

export function optionsCommand(): Command {
  return new Command('options')
    .description("each backend's options: values, default and purpose")
    .argument('[backend]', 'only of this one, such as afxdp')
    .option('--json', 'one line of JSON on stdout')
    .option('--markdown', 'the page docs/options.md')
    .addHelpText('after', HELP)
    .action((backend: string | undefined, flags: { json?: boolean; markdown?: boolean }) => {
      const all = tablesOfOptions()
      const chosen = all.filter((each) => backend === undefined || each.backend === backend.replace(/:$/, ''))
      if (chosen.length === 0)
        throw new RxburstError(
          'ERR_NO_BACKEND',
          `there is no backend '${backend}'; there are ${all.map((each) => each.backend).join(', ')}`,
        )
      if (flags.markdown) process.stdout.write(pageOfOptions())
      else if (flags.json) process.stdout.write(`${JSON.stringify(chosen)}\n`)
      else process.stdout.write(asText(chosen))
    })
}

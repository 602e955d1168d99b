// rxburst run FILE PORT…: anyone's processor.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { RxburstError } from '../../errors.js'
import { type RunFlags, runProcessor, withRunOptions } from '../common.js'

function parseData(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidArgumentError(`--data is JSON: ${(error as Error).message}`)
  }
}

export function runCommand(): Command {
  const command = new Command('run')
    .description(
      'run a processor: a TypeScript or JavaScript module whose default export makes the burst handler',
    )
    .argument('<file>', 'the processor module')
    .argument('<ports...>', 'ports such as afxdp:eth0; a verdict tx(0) means the first')
    .option('--data <json>', 'handed to the processor as context.data', parseData)
    .addHelpText(
      'after',
      `
Examples:
  $ npx rxburst run odd.ts afxdp:rxb-left --take-all
  $ npx rxburst run firewall.ts afxdp:eth0 afxdp:eth1 --take-all --cpus 2,3 --json
  $ npx rxburst run limit.js loop:a --data '{"limit":100}' --duration 5`,
    )
  return withRunOptions(command).action(
    (file: string, ports: string[], flags: RunFlags & { data?: unknown }) => {
      const path = resolve(file)
      if (!existsSync(path)) throw new RxburstError('ERR_PROCESSOR', `there is no file ${path}`)
      return runProcessor(pathToFileURL(path), ports, flags, flags.data)
    },
  )
}

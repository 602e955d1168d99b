// rxburst init DIR: a project to begin with.
import { relative } from 'node:path'
import { Command } from 'commander'
import { makeProject } from '../../init/init.js'

export function initCommand(): Command {
  return new Command('init')
    .description('make a project: package.json, tsconfig.json, a processor and its test')
    .argument('<dir>', 'a folder that is empty or not there yet')
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      `
The processor is TypeScript, and its test runs on every Node, without ports and without privilege.

Examples:
  $ npx rxburst init firewall
  $ cd firewall && npm install && npm test
  $ npx rxburst run processor.ts loop:a loop:b --duration 5
  $ npx rxburst init firewall --json`,
    )
    .action((dir: string, flags: { json?: boolean }) => {
      const { folder, files } = makeProject(dir)
      if (flags.json) process.stdout.write(`${JSON.stringify({ folder, files })}\n`)
      else {
        for (const file of files) process.stdout.write(`${file}\n`)
        process.stderr.write(`Next: cd ${relative('.', folder) || '.'} && npm install && npm test\n`)
      }
    })
}

#!/usr/bin/env node
// The command line: `rxburst COMMAND`. It sees to it first that the broker of `rxburst grant` opens no inspector.

// Node opens its inspector on SIGUSR1 from any process of the same user. A handler of ours takes the place of Node's.
// It stands in front of everything else that is loaded.
if (process.argv[2] === 'grant') {
  process.on('SIGUSR1', () => {})
  await (await import('./inspector.js')).keepInspectorShut()
}
await import('./program.js')

export {}

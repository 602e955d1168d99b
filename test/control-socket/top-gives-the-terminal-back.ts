// `rxburst top` draws on a screen of its own, and gives the terminal back: at q, Ctrl-C, a signal, or the plane's end.
import { spawn } from 'node:child_process'
import t, { type Test } from 'tap'
import { bin, start } from '../fixtures/child.js'
import { CAROUSEL, controlFolder } from '../fixtures/control.js'
import { processor, until } from '../fixtures/plane.js'

const ENTER = '\u001b[?1049h'
const LEAVE = '\u001b[?25h\u001b[?1049l'

/** `rxburst top` on a terminal of 80 columns and 24 lines; the shell says its settings before and afterwards. */
function top(t: Test) {
  const command = `stty cols 80 rows 24; stty -g; ${process.execPath} ${bin} top fw --interval 0.2; echo "code $?"; stty -g`
  const argv = ['-u', 'NODE_OPTIONS', 'script', '--quiet', '--return', '--command', command, '/dev/null']
  const child = spawn('/usr/bin/env', argv, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => void child.kill('SIGKILL'))
  let seen = ''
  let over = false
  child.stdout.setEncoding('utf8').on('data', (text) => {
    seen += text
  })
  child.on('close', () => {
    over = true
  })
  return {
    type: (keys: string) => child.stdin.write(keys),
    seen: () => seen,
    frames: () => seen.split('\u001b[H').length - 1,
    end: async () => {
      await until('it ends', () => over)
      const settings = seen.match(/^[0-9a-f]+(:[0-9a-f]+){5,}/gm) ?? []
      t.equal(settings.length, 2, 'two settings')
      t.equal(settings[0], settings[1], 'the terminal is as it was')
      t.ok(
        seen.indexOf(ENTER) >= 0 && seen.indexOf(LEAVE) > seen.lastIndexOf('\u001b[H'),
        'and so is its screen',
      )
      return Number(/code (\d+)/.exec(seen)?.[1])
    },
  }
}

t.test('rxburst top', async (t) => {
  controlFolder(t)
  const file = processor(t, CAROUSEL).pathname
  const plane = start(t, process.execPath, [bin, 'run', file, 'loop:a', '--name', 'fw', '--idle', 'wait'])
  await plane.says('ready')

  for (const [keys, what] of [
    ['q', 'q'],
    ['\u0003', 'Ctrl-C'],
  ])
    await t.test(what, async (t) => {
      const terminal = top(t)
      await until('three frames', () => terminal.frames() >= 3)
      terminal.type(keys)
      t.equal(await terminal.end(), 0)
      const frame = terminal.seen().split('\u001b[H')[2]
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are taken away
      const lines = frame.replace(/\u001b\[[\d;?]*[a-zA-Z]/g, '').split('\r\n')
      t.ok(
        lines.every((line) => line.length <= 80),
        '80 columns',
      )
      t.ok(lines.length <= 24, '24 lines')
      t.match(lines[0], /^fw \(\d+\) {2}running /)
      t.match(frame, /loop:a +\S+ .*[▁▂▃▄▅▆▇█]/, 'rates and bars')
    })

  await t.test('the end of the data plane', async (t) => {
    const terminal = top(t)
    await until('three frames', () => terminal.frames() >= 3)
    plane.process.kill('SIGINT')
    t.equal(await terminal.end(), 0)
    t.match(terminal.seen(), 'the data plane has ended')
  })
})

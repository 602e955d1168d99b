// The capture that a word of the command line means: of a data plane that runs, or of a port that is opened for it.
import { availableParallelism } from 'node:os'
import type { Capture } from '../../capture/capture.js'
import type { CaptureOptions } from '../../capture/options.js'
import { captureRemote } from '../../capture/remote.js'
import { open } from '../../control/open/open.js'
import type { AnyOptions } from '../../control/open/options.js'
import { run } from '../../control/run.js'
import { connectTo, meantBy } from '../../control-socket/find.js'
import { RxburstError } from '../../errors.js'
import { native } from '../../native.js'
import type { CaptureFlags } from './flags.js'

export interface Opened {
  capture: Capture
  /** Gives back what was opened; resolves with the packets that the kernel lost, of a port of its own. */
  end(): Promise<number | undefined>
}

function refusePortFlags(word: string, { queues, steer, pass, takeAll, opt }: CaptureFlags): void {
  if (!queues && steer.length === 0 && pass.length === 0 && !takeAll && opt.length === 0) return
  throw new RxburstError(
    'ERR_BAD_OPTION',
    `${word} is a data plane that runs: --queues, --steer, --pass, --take-all and --opt are of a port; --filter chooses packets`,
  )
}

/** A port's options. One that sees beside the kernel takes nothing away, and sees what the machine sends. */
function portOptions(name: string, { queues, steer, pass, takeAll, opt }: CaptureFlags): AnyOptions {
  const options: AnyOptions = {}
  for (const pair of opt) {
    const at = pair.indexOf('=')
    if (at < 1) throw new RxburstError('ERR_BAD_OPTION', `--opt is written key=value, not '${pair}'`)
    options[pair.slice(0, at)] = pair.slice(at + 1)
  }
  if (queues) options.queues = queues
  if (steer.length > 0) options.steer = steer
  if (pass.length > 0) options.pass = pass
  if (takeAll) options.takeAll = true
  const beside = native.backends.problem(name)
    ? undefined
    : native.backends.of(name)?.options.some(({ key }) => key === 'outgoing')
  return beside ? { outgoing: true, ...(steer.length > 0 ? {} : { takeAll: true }), ...options } : options
}

async function ofPort(name: string, flags: CaptureFlags, options: CaptureOptions): Promise<Opened> {
  const port = await open(name, portOptions(name, flags))
  try {
    const plane = await run(new URL('../../../examples/01-drop.js', import.meta.url), {
      workers: [{ cpu: availableParallelism() - 1, queues: port.queues }],
      control: false,
    })
    const end = async () => {
      await plane.stop()
      const { lost } = plane.snapshot()
      await port.close()
      await plane.done
      return Object.values(lost).reduce((a, b) => a + b, 0)
    }
    try {
      return { capture: await plane.capture(options), end }
    } catch (error) {
      await end().catch(() => {})
      throw error
    }
  } catch (error) {
    await port.close()
    throw error
  }
}

export async function captureOf(word: string, flags: CaptureFlags, options: CaptureOptions): Promise<Opened> {
  if (meantBy(word).kind === 'port') return ofPort(word, flags, options)
  refusePortFlags(word, flags)
  const client = await connectTo(word)
  try {
    return { capture: await captureRemote(client, options), end: async () => undefined }
  } catch (error) {
    client.close()
    throw error
  }
}

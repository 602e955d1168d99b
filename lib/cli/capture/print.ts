// Packets of a capture as lines, as tcpdump prints them, or as objects.
import { once } from 'node:events'
import type { Capture } from '../../capture/capture.js'
import type { CapturePoint } from '../../capture/options.js'
import type { TapPacket } from '../../capture/tap-packet.js'
import { dissect } from '../../dissect/dissect.js'
import { ETHERNET } from '../../pcap/link-types.js'
import { PacketLines, type PrintFlags } from '../packet-lines.js'

/** Waits until the standard output takes more, or is closed. No listener stays. */
async function drained(): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  const either = ['drain', 'close'].map((event) => once(process.stdout, event, { signal }))
  await Promise.race(either).finally(() => over.abort())
  await Promise.allSettled(either)
}

export class Printer {
  readonly #json: boolean
  readonly #lines: PacketLines
  /** Whether lines say at which point: where there is only one point without verdicts they look as tcpdump's. */
  readonly #tellsPoint: boolean
  #number = 0

  constructor(flags: PrintFlags, points: readonly CapturePoint[]) {
    this.#json = flags.json ?? false
    this.#lines = new PacketLines(flags)
    this.#tellsPoint = points.includes('exit')
  }

  /** Prints until the capture ends. */
  async print(capture: Capture): Promise<void> {
    for await (const packet of capture) {
      if (process.stdout.destroyed) return
      if (!process.stdout.write(`${this.#text(packet)}\n`)) await drained()
    }
    await capture.done
  }

  #text(packet: TapPacket): string {
    const { time, length, bytes, point, verdict, port, queue, id, xdpAction } = packet
    const captured = {
      number: ++this.#number,
      position: 0,
      interface: { linkType: ETHERNET, snapLength: 0 },
      time,
      length,
      bytes,
    }
    const found = dissect(captured)
    if (this.#json)
      return JSON.stringify({
        ...Object.fromEntries(found.fields),
        'frame.time_epoch': `${time / 1_000_000_000n}.${String(time % 1_000_000_000n).padStart(9, '0')}`,
        'frame.interface_name': `${port} queue ${queue}`,
        'frame.packet_id': String(id),
        ...(xdpAction === undefined ? {} : { 'frame.verdict.ebpf_xdp': xdpAction }),
        ...(verdict === '' ? {} : { 'frame.comment': verdict }),
        point,
      })
    const where = this.#tellsPoint ? ` (${point === 'entry' ? 'entry' : `exit: ${verdict}`})` : ''
    return this.#lines.of(captured, found, where)
  }
}

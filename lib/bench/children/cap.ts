// A capture by the npm package cap: one Buffer, one event per packet.
import { createRequire } from 'node:module'
import type { Orders } from './orders.js'

interface Capture {
  open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string
  on(event: 'packet', listener: (bytes: number) => void): void
}

export default function cap(): Orders {
  let packets = 0
  // Held here, for cap keeps no reference of its own to either: collected, they corrupt the heap.
  const buffer = Buffer.alloc(65536)
  let capture: Capture
  return {
    start({ path, dev }: { path: string; dev: string }) {
      const { Cap } = createRequire(import.meta.url)(path) as { Cap: new () => Capture }
      capture = new Cap()
      capture.open(dev, '', 10 << 20, buffer)
      capture.on('packet', () => {
        packets++
      })
    },
    read: () => ({ at: performance.now(), packets, gcs: 0 }),
  }
}

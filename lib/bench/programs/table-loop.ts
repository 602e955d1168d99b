// A worker thread that looks up or hashes for ever, and counts: what lib/tables costs without packets around it.
import { readFileSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { flowHash, Lpm4, MICROSOFT_KEY } from '../../tables/index.js'
import { heapWatch } from './heap.js'

export interface TableLoop {
  task: 'lpm' | 'hash'
  /** The memory of an Lpm4. */
  image: string
  /** Words of 32 bits. */
  addresses: string
  /** Bytes of heap, what was done. */
  cells: Float64Array
}

const BULK = 32
const { task, image, addresses: file, cells } = workerData as TableLoop
const bytes = readFileSync(file)
const addresses = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
const last = addresses.length - BULK - 3
const watch = heapWatch(cells)

function lookups(): () => void {
  const saved = readFileSync(image)
  const buffer = new SharedArrayBuffer(saved.length)
  new Uint8Array(buffer).set(saved)
  const lpm = Lpm4.from(buffer)
  const values = new Int32Array(BULK)
  return () => {
    for (let i = 0; i <= last; i += BULK) {
      lpm.lookupMany(addresses, values, BULK, i)
      cells[1] += BULK
    }
  }
}

function hashes(): () => void {
  const hash = flowHash({ key: MICROSOFT_KEY })
  let sum = 0
  return () => {
    for (let i = 0; i <= last; i += BULK) {
      for (let k = i; k < i + BULK; k++) {
        const ports = addresses[k + 2]
        sum ^= hash.ipv4(addresses[k], addresses[k + 1], ports >>> 16, ports & 0xffff)
      }
      cells[1] += BULK
    }
    cells[2] = sum
  }
}

const round = task === 'lpm' ? lookups() : hashes()
for (;;) {
  round()
  watch()
}

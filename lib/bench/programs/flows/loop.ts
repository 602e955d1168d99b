// A worker thread that looks flows up, or inserts them, for ever: the native table alone, without packets around it.
import { readFileSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { nativeBench } from '../../native.js'

export interface FlowLoop {
  task: 'flow-look' | 'flow-insert'
  /** Four words a key. */
  keys: string
  /** So many of them are flows. */
  flows: number
  /** Bytes of heap, what was done. */
  cells: Float64Array
}

const AT_ONCE = 1 << 16
const { task, keys: file, flows, cells } = workerData as FlowLoop
const bytes = readFileSync(file)
const keys = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
const loop = new (nativeBench().FlowLoop)({ keys, flows, insert: task === 'flow-insert' })
for (;;) {
  const done = loop.run(AT_ONCE)
  if (done !== AT_ONCE) throw new Error(`${done} of ${AT_ONCE} lookups found a flow`)
  cells[1] += done
}

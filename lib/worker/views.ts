// The arena as a worker sees it: flat arrays over the whole shared memory, as module constants, which V8 reads fastest.
import { workerData } from 'node:worker_threads'
import { standBuffer } from './stand.js'
import type { WorkerStart } from './start.js'

/** What the main thread handed over; undefined outside rxburst's workers. */
export const start: WorkerStart | undefined = workerData?.rxburst

const buffer: SharedArrayBuffer = start ? (start.memory.buffer as unknown as SharedArrayBuffer) : standBuffer

/** All of the arena's memory, by byte. Index it with a packet's offset. Views of it are for synchronous use. */
export const u8 = new Uint8Array(buffer)
/** The same, by 16 bits, in the machine's byte order: index `offset >>> 1`. */
export const u16 = new Uint16Array(buffer)
/** The same, by 32 bits, in the machine's byte order: index `offset >>> 2`. */
export const u32 = new Uint32Array(buffer)

/** The same, for numbers in network byte order. */
export const view = new DataView(buffer)

// V8 looks an import up, and checks what it finds, at every use; a constant of the module itself it folds into the
// code, which halves what an access costs. So modules on the path of every packet say `const words = u32` once.

export const arenaBuffer = buffer

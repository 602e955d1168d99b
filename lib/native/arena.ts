// The memory of all packets, as the control thread makes it.

export interface ArenaInfo {
  pages: '2M' | 'thp' | '4K'
  frameSize: number
  frameCount: number
  /** Byte offset of the first frame in the memory. */
  framesAt: number
  blocksAt: number
  blockBytes: number
}

export interface ArenaCalls {
  create(wanted: {
    /** All of a SharedArrayBuffer. */
    memory: Uint8Array
    frames: number
    frameSize: number
    /** False: hugepages are not tried. */
    hugepages: boolean
  }): ArenaInfo
  /** Some thread has the arena: there can't be another. */
  isTaken(): boolean
  framesAvailable(): number
  /** Frames of queues closed a moment ago, that nobody gets yet. */
  framesQuarantined(): number
}

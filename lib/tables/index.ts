// Tables for handlers: typed arrays over a SharedArrayBuffer that all workers see. docs/tables.md has an example of
// each.
export { monotonicMs } from './clock.js'
export { FlowHash, flowHash, MICROSOFT_KEY, SYMMETRIC_KEY } from './flow-hash.js'
export { type Bin, Histogram } from './histogram.js'
export { Lpm4 } from './lpm4.js'
export { Lpm6 } from './lpm6.js'
export { Maglev } from './maglev.js'
export type { SharedTable } from './memory.js'
export { TokenBucket, type TokenBucketOptions } from './token-bucket.js'
export type { LpmOptions } from './trie.js'

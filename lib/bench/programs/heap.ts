// Watches the heap of the thread that it is called in: how much it grew by, in all, whatever was collected in between.
import { getHeapStatistics } from 'node:v8'

/**
 * Looks at the heap once; adds to cell 0. A collection between two looks hides what came before it, never what comes
 * after.
 */
export function heapWatch(cells: Float64Array): () => void {
  let last = getHeapStatistics().used_heap_size
  return () => {
    const now = getHeapStatistics().used_heap_size
    if (now > last) cells[0] += now - last
    last = now
  }
}

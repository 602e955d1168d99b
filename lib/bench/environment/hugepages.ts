// Hugepages for the length of a benchmark: what is free, more when it is too few, and put back at the end.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const PAGES = '/sys/kernel/mm/hugepages/hugepages-2048kB'

/** Of 2 MiB, free: enough for all that a scenario has alive at once, on up to eight CPUs (docs/bench.md). */
export const HUGEPAGES = 512

/** Hugepages of 2 MiB: how many there are, and how many of them nobody has. */
export function hugepagesHere(folder = PAGES): { total: number; free: number } {
  const read = (name: string) =>
    existsSync(`${folder}/${name}`) ? Number(readFileSync(`${folder}/${name}`, 'utf8')) : 0
  return { total: read('nr_hugepages'), free: read('free_hugepages') - read('resv_hugepages') }
}

/**
 * Raises their number until `wanted` are free, where that is allowed and there is memory for it. Returns what puts it
 * back, which leaves it alone when somebody else has changed it meanwhile.
 */
export function raiseHugepages(wanted: number, say: (text: string) => void, folder = PAGES): () => void {
  const { total, free } = hugepagesHere(folder)
  const write = (pages: number) => {
    try {
      writeFileSync(`${folder}/nr_hugepages`, `${pages}\n`)
    } catch {} // not root, or a kernel without them: each scenario says what it lacks
    return hugepagesHere(folder).total
  }
  if (free >= wanted) return () => {}
  const raised = write(total - free + wanted)
  if (raised === total) return () => {}
  say(`vm.nr_hugepages raised from ${total} to ${raised} until the benchmark is over`)
  return () => {
    if (hugepagesHere(folder).total !== raised) return
    say(`vm.nr_hugepages put back to ${write(total)}`)
  }
}

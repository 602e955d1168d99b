// The words of a request to the broker, read strictly: what a program sends may be anything.

const QUEUE = /^(?:0|[1-9]\d{0,3})$/

/** Queue numbers in decimal digits, at least one and each once; undefined: it is no such list. */
export function queuesOf(words: readonly string[]): number[] | undefined {
  if (words.length === 0 || new Set(words).size < words.length) return undefined
  return words.every((word) => QUEUE.test(word)) ? words.map(Number) : undefined
}

/** What `QUEUE` or `QUEUE,later` asks for; undefined: neither. */
export function socketOf(words: readonly string[]): { queue: number; later: boolean } | undefined {
  const queue = queuesOf(words.slice(0, 1))?.[0]
  if (queue === undefined || words.length > 2 || (words.length === 2 && words[1] !== 'later'))
    return undefined
  return { queue, later: words.length === 2 }
}

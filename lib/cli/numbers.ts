// Lists of numbers as people type them; apart, because the doctor must be able to do without the addon.
import { InvalidArgumentError } from 'commander'

/** '0,2-4' -> [0, 2, 3, 4]. */
export function parseNumbers(text: string): number[] {
  const numbers = text.split(',').flatMap((part) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim())
    if (!match) throw new InvalidArgumentError(`'${text}' is not a list of numbers such as 0,1 or 0-3.`)
    const from = Number(match[1])
    const to = Number(match[2] ?? match[1])
    if (to < from || to > 1023) throw new InvalidArgumentError(`'${part}' is not a range of small numbers.`)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
  const twice = numbers.find((number, i) => numbers.indexOf(number) !== i)
  if (twice !== undefined) throw new InvalidArgumentError(`'${text}' lists ${twice} twice.`)
  return numbers
}

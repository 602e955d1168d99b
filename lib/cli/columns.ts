// Lists of things that run: columns of text, safe for a terminal.

/** Names come from other processes: no control character of theirs reaches the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
export const printable = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')

/** Lines of cells, the heading first, each column as wide as its widest cell. `right`: columns of numbers. */
export function aligned(lines: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = lines[0].map((_, column) =>
    lines.reduce((widest, line) => Math.max(widest, line[column].length), 0),
  )
  const pad = (cell: string, i: number) =>
    right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])
  return lines.map((line) => `${line.map(pad).join('  ').trimEnd()}\n`).join('')
}

/** The heading stands out on a terminal that shows colours. */
export function withHeading(text: string): string {
  if (!process.stdout.isTTY || process.env.NO_COLOR || process.env.TERM === 'dumb') return text
  const end = text.indexOf('\n')
  return `\x1b[1m${text.slice(0, end)}\x1b[0m${text.slice(end)}`
}

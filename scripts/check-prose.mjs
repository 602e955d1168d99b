// Plain English in README and docs/: no sentence of more than 30 words, none that begins with What, Who or Whoever. Prints the file, the line
// and the sentence. A test reads --help in the same way.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const MOST_WORDS = 30
const LEFT_OUT = ['docs/performance-log.md'] // a record of what was

/** Blocks of prose with the line where each begins: paragraphs, items of a list, cells of a table, without code. */
export function blocksOf(markdown) {
  const blocks = []
  let block = null
  let fence = false
  const end = () => {
    if (block) blocks.push(block)
    block = null
  }
  for (const [at, raw] of markdown.split('\n').entries()) {
    const text = raw.trim()
    if (text.startsWith('```')) {
      fence = !fence
      end()
      continue
    }
    if (fence) continue
    if (text === '' || text.startsWith('#')) {
      end()
      continue
    }
    if (text.startsWith('|')) {
      end()
      for (const cell of text.split('|')) blocks.push({ line: at + 1, text: cell })
      continue
    }
    if (/^([*-]|\d+[.)]) /.test(text)) end()
    block ??= { line: at + 1, text: '' }
    block.text += ` ${text.replace(/^([*-]|\d+[.)]|>) /, '')}`
  }
  end()
  return blocks
}

/** The sentences of a block. Code, links and brackets with numbers count as one word. */
export function sentencesOf(text) {
  return text
    .replaceAll(/`[^`]*`/g, 'code')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[*_]{1,2}/g, '')
    .split(/(?<=[.!?:;])\s+(?=[A-Z("']|code)|(?<=[.!?][)"]?)\s+/)
    .map((sentence) => sentence.trim())
    .filter(Boolean)
}

export function faultsOf(name, markdown) {
  const faults = []
  for (const { line, text } of blocksOf(markdown)) {
    if (!/\w/.test(text.replaceAll(/\[[^\]]*\]\([^)]*\)/g, ''))) continue // a list of links is no sentence
    for (const sentence of sentencesOf(text)) {
      const words = sentence.split(/\s+/).filter((word) => /\w/.test(word)).length
      if (words > MOST_WORDS) faults.push(`${name}:${line}: ${words} words: ${sentence}`)
      if (/^(What|Who|Whoever)\b/.test(sentence) && !sentence.endsWith('?'))
        faults.push(`${name}:${line}: begins with ${sentence.split(' ')[0]}: ${sentence}`)
    }
  }
  return faults
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
    (name) => name.endsWith('.md') && !LEFT_OUT.includes(name),
  )
  const faults = pages.flatMap((name) => faultsOf(name, readFileSync(join(root, name), 'utf8')))
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length > 0 ? 1 : 0
}

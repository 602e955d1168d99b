// Plain English in README, ARCHITECTURE, CONTRIBUTING, SECURITY and docs/: no sentence of more than 30 words, none that
// begins with What, Who or Whoever. Prints the file, the line and the sentence. With --help NAME it reads the help of
// the command NAME on stdin: a test does that for each command, because the commands have to be built for it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const MOST_WORDS = 30
const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md']
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

/**
 * Blocks of a command's help: each description of an argument or option, and paragraphs; without usage and examples.
 */
function blocksOfHelp(help) {
  const blocks = []
  let begins = true
  for (const [at, raw] of help.split('\n').entries()) {
    const [, , description] = /^( {2}\S.*?) {2,}(\S.*)$/.exec(raw) ?? []
    if (/^(Usage|Examples?):|^ {2}[$#] /.test(raw) || raw.trim() === '' || /^\w+:$/.test(raw)) begins = true
    else if (description) blocks.push({ line: at + 1, text: description })
    else if (/^ {2}\S/.test(raw) && !raw.includes('  ', 3))
      begins = true // a name whose description begins on the next line
    else if (begins) blocks.push({ line: at + 1, text: raw.trim() })
    else blocks.at(-1).text += ` ${raw.trim()}`
    if (raw.trim() !== '' && blocks.length > 0 && blocks.at(-1).text.endsWith(raw.trim())) begins = false
  }
  return blocks
}

/** Faults of the prose in one block. `anyCase`: its sentences may begin with a small letter. */
export function proseFaultsOf(name, line, block, anyCase = true) {
  const faults = []
  const banned = anyCase ? /^(What|Who|Whoever)\b/i : /^(What|Who|Whoever)\b/
  for (const sentence of sentencesOf(block)) {
    const words = sentence.split(/\s+/).filter((word) => /\w/.test(word)).length
    if (words > MOST_WORDS) faults.push(`${name}:${line}: ${words} words: ${sentence}`)
    if (banned.test(sentence) && !sentence.endsWith('?'))
      faults.push(`${name}:${line}: begins with ${sentence.split(' ')[0]}: ${sentence}`)
  }
  return faults
}

/** Faults of prose. Of help, whose descriptions begin with a small letter, also those that begin with what. */
export function faultsOf(name, text, isHelp = false) {
  return (isHelp ? blocksOfHelp(text) : blocksOf(text))
    .filter(({ text: block }) => /\w/.test(block.replaceAll(/\[[^\]]*\]\([^)]*\)/g, ''))) // a list of links is no sentence
    .flatMap(({ line, text: block }) => proseFaultsOf(name, line, block, isHelp))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const docs = readdirSync(join(root, 'docs'), { recursive: true }).map((name) => `docs/${name}`)
  const pages = [...PAGES, ...docs].filter((name) => name.endsWith('.md') && !LEFT_OUT.includes(name))
  const [flag, command] = process.argv.slice(2)
  const faults =
    flag === '--help'
      ? faultsOf(command, readFileSync(0, 'utf8'), true)
      : pages.flatMap((name) => faultsOf(name, readFileSync(join(root, name), 'utf8')))
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length > 0 ? 1 : 0
}

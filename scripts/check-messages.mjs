// Messages of errors in lib and native begin in one way (CONTRIBUTING.md) and are plain English: no sentence of more
// than 30 words, none that begins with What, Who or Whoever. Prints the file, the line and the message.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { proseFaultsOf } from './check-prose.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const VALUE = '…' // stands for a value that is put in
const NAMES = ['Node', 'Linux', 'Ethernet', 'WebAssembly', 'VLAN', 'SHA-256'] // written with a capital; so is a word with two of them
const ERRORS = {
  RxburstError: 1,
  InvalidArgumentError: 0,
  Error: 0,
  RangeError: 0,
  TypeError: 0,
  SyntaxError: 0,
}

/** The texts that an expression may give; none where it holds no text. */
function textsOf(node, textsNamed) {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text]
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map(({ literal }) => VALUE + literal.text).join('')]
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression, textsNamed)
  if (ts.isConditionalExpression(node))
    return [...textsOf(node.whenTrue, textsNamed), ...textsOf(node.whenFalse, textsNamed)]
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const parts = [node.left, node.right].map((each) => textsOf(each, textsNamed)[0] ?? VALUE)
    return [parts.join('')]
  }
  return ts.isIdentifier(node) ? textsNamed(node.text) : []
}

const nameOf = (callee) =>
  ts.isPropertyAccessExpression(callee) ? callee.name.text : ts.isIdentifier(callee) ? callee.text : ''

/** Every call and construction in a file, with the name of what is called. */
function callsOf(source) {
  const calls = []
  const visit = (node) => {
    if (ts.isNewExpression(node) || ts.isCallExpression(node)) calls.push([nameOf(node.expression), node])
    ts.forEachChild(node, visit)
  }
  visit(source)
  return calls
}

/** The function around a node, its name, and the place of one of its parameters. */
function parameterOf(node, parameter) {
  for (let at = node.parent; at; at = at.parent) {
    if (!ts.isFunctionLike(at)) continue
    const place = at.parameters.findIndex(({ name }) => ts.isIdentifier(name) && name.text === parameter)
    if (place < 0) continue
    const named = at.name ?? (at.parent && 'name' in at.parent ? at.parent.name : undefined)
    return named && { name: named.getText(), place }
  }
}

const imports = (source, name) =>
  source.statements.some(
    (each) => ts.isImportDeclaration(each) && new RegExp(`\\b${name}\\b`).test(each.importClause?.getText()),
  )

/**
 * The messages in TypeScript. A function that hands a parameter on as a message is one that takes messages, in every
 * file.
 */
function messagesOfTypeScript(files) {
  const sources = files.map((file) =>
    ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true),
  )
  const takes = new Map(Object.keys(ERRORS).map((name) => [name, { place: ERRORS[name] }]))
  const messages = []
  const seen = new Set()
  for (let before = -1; before !== takes.size; ) {
    before = takes.size
    for (const source of sources)
      for (const [name, call] of callsOf(source)) {
        const known = takes.get(name)
        if (!known || (known.source && known.source !== source && !imports(source, name))) continue
        const argument = call.arguments?.[known.place]
        if (!argument || seen.has(call)) continue
        seen.add(call)
        const constants = (word) => {
          const found = parameterOf(call, word)
          if (found) {
            takes.set(found.name, { place: found.place, source })
            return []
          }
          return valuesOf(source, word)
        }
        const line = source.getLineAndCharacterOfPosition(argument.getStart()).line + 1
        for (const text of textsOf(argument, constants)) messages.push({ file: source.fileName, line, text })
      }
  }
  return messages
}

/** The texts of a constant of that name in a file. */
function valuesOf(source, word) {
  const texts = []
  const visit = (node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === word && node.initializer)
      texts.push(...textsOf(node.initializer, () => []))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return texts
}

/** The arguments of a call whose bracket is open at `from`, as they stand in the source. */
function argumentsFrom(text, from) {
  const list = ['']
  for (let at = from, depth = 0; at < text.length; at++) {
    const literal = /^"(?:[^"\\\n]|\\.)*"|^'(?:[^'\\\n]|\\.)*'/.exec(text.slice(at, at + 2000))?.[0]
    if (literal) at += literal.length - 1
    else if ('([{'.includes(text[at])) depth++
    else if (')]}'.includes(text[at]) && depth-- === 0) break
    if (text[at] === ',' && !literal && depth === 0) list.push('')
    else list[list.length - 1] += literal ?? text[at]
  }
  return list
}

/** The texts in an argument of C++; those on both sides of a question are two. */
function literalsOf(argument) {
  const literal = /"((?:[^"\\]|\\.)*)"/g
  const outside = argument.replaceAll(literal, (all) => '"'.padEnd(all.length, '"'))
  const cuts = [...outside.matchAll(/ [?:] /g)].map(({ index }) => index)
  return [0, ...cuts]
    .map((from, i) => argument.slice(from, cuts[i]))
    .map((part) => [...part.matchAll(literal)].map(([, text]) => text).join(''))
    .filter((text) => text !== '')
    .map((text) => text.replaceAll(/%[-+0-9.*]*(?:hh|h|ll|l|z)?[a-zA-Z]/g, VALUE).replaceAll('\\"', '"'))
}

function messagesOfCpp(file) {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/\b(Fail|FailErrno)\(/g)].flatMap(({ 0: begin, 1: name, index }) => {
    const argument = argumentsFrom(text, index + begin.length)[name === 'Fail' ? 1 : 0] ?? ''
    const line = text.slice(0, index).split('\n').length
    return literalsOf(argument).map((each) => ({ file, line, text: each, tried: name === 'FailErrno' }))
  })
}

/** What is wrong with the way in which a message begins; '': nothing. */
function wrongBegin({ text, tried }) {
  const [word] = text.split(/[\s:,;.]/, 1)
  if (tried) return /^[a-z]+ing$/.test(word) ? '' : 'is about a failed call and begins with no verb in -ing'
  const named = NAMES.includes(word.replace(/'s$/, '')) || /[A-Z].*[A-Z]/.test(word)
  if (/^[A-Z]/.test(word) && !named) return `begins with a capital letter, and ${word} is no name`
  return /^[a-z0-9…'"`$(-]|^[A-Z]/.test(text) ? '' : 'begins with neither a word nor a value'
}

const filesIn = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => ending.test(name) && !/(^|\/)build\//.test(name))
    .map((name) => `${folder}/${name}`)
    .sort()

const messages = [
  ...messagesOfTypeScript(filesIn('lib', /\.ts$/)),
  ...filesIn('native', /\.(cc|h)$/).flatMap(messagesOfCpp),
]
const faults = messages.flatMap((message) => {
  const { file, line, text } = message
  const wrong = wrongBegin(message)
  return [...(wrong ? [`${file}:${line}: ${wrong}: ${text}`] : []), ...proseFaultsOf(file, line, text)]
})
if (process.argv.includes('--list'))
  for (const { file, line, text } of messages) console.log(`${file}:${line}: ${text}`)
for (const fault of faults) console.error(fault)
if (messages.length < 400)
  console.error(`only ${messages.length} messages were found: this check does not see them any more`)
process.exitCode = faults.length > 0 || messages.length < 400 ? 1 : 0

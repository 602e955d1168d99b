// One page of Markdown from what typedoc knows of the public names: contents, then a chapter for each topic. Types and
// signatures stand as they are written in the sources, so the page changes only when they do.
import { existsSync } from 'node:fs'
import { ReflectionKind } from 'typedoc'
import ts from 'typescript'

// Where a name of the package's face belongs: the first row that has the beginning of its file's path. Files stand in
// this order.
const CHAPTERS = [
  ['Opening a port', ['control/open', 'control/options', 'control/arena']],
  ['Ports and queues', ['control/port', 'control/capabilities', 'control/lost']],
  ['Rules of a port', ['steering/']],
  ['Running a processor', ['control/run', 'control/data-plane', 'control/mailbox', 'control/']],
  ['The context of a processor', ['worker/processor', 'worker/description']],
  ['Verdicts', ['worker/verdict']],
  ['Bursts and packets', ['worker/burst', 'worker/']],
  ['WebAssembly', ['wasm/']],
  ['Errors', ['errors']],
  ['More', ['']],
]

const INTRO = `# API

Every public name, option and method, with its default. The page is made from the docstrings (\`npm run docs:api\`). It is a reference:
[concepts.md](concepts.md) explains the nouns, and [guide.md](guide.md) is for reading first.

* Sizes are in bytes, unless the name has a unit at its end, such as \`everyMs\`.
* An option that is left out, or \`undefined\`, has its default.
* Errors are [RxburstError](#rxbursterror). [errors.md](errors.md) lists the codes with their remedies.
* On the command line and behind a port's name the options have the same names: \`afxdp:eth0,ring=1024\`.

**Contents**
`

const HAS_MEMBERS = [ReflectionKind.Class, ReflectionKind.Interface]
// Within a chapter; reflections of the same rank stay in the order of their files.
const ORDER = [
  ReflectionKind.Variable,
  ReflectionKind.Function,
  ReflectionKind.Class,
  ReflectionKind.Interface,
  ReflectionKind.TypeAlias,
  ReflectionKind.Namespace,
]
const rank = (model) => ORDER.indexOf(model.kind)
const SPACES = [ReflectionKind.Namespace, ReflectionKind.Module]

let context // of typedoc's converter
const faults = [] // of docstrings, found on the way
let slugs // of each name that has a heading

/** The anchor that GitHub gives a heading. */
export const slugOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

const titleOf = (model) => (model.kind === ReflectionKind.Function ? `${model.name}()` : model.name)

// ---- types and signatures, as written

const declarationsOf = (model) => context.getSymbolFromReflection(model)?.declarations ?? []

const tidy = (text) =>
  text
    .replace(/\/\*\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .trim()

/** The type of a property or accessor. */
function typeOf(model) {
  const written = declarationsOf(model).find((each) => each.type)?.type
  const text = written ? tidy(written.getText()) : String(model.type ?? model.getSignature?.type)
  return model.flags.isOptional ? text.replace(/ \| undefined$/, '') : text
}

/** The declaration of each signature: of a function with overloads they are those without a body. */
function signaturesOf(model) {
  const functions = declarationsOf(model)
    .map((each) =>
      ts.isVariableDeclaration(each) || ts.isPropertyAssignment(each) ? each.initializer : each,
    )
    .filter((each) => each?.parameters)
  const overloads = functions.filter((each) => !each.body)
  const chosen = overloads.length > 0 ? overloads : functions
  return (model.signatures ?? []).map((signature, i) => ({ signature, node: chosen[i] }))
}

/** What a person would type to declare it, without its body. */
function signatureText(name, { signature, node }) {
  if (!node) return `${name}: ${signature}`
  const list = (nodes) => nodes.map((each) => tidy(each.getText())).join(', ')
  const types = node.typeParameters ? `<${list(node.typeParameters)}>` : ''
  const returns = node.type ? tidy(node.type.getText()) : String(signature.type)
  return `${name}${types}(${list(node.parameters)}): ${returns}`
}

// ---- text of docstrings

const withCodes = (text) => text.replace(/(?<![`\w])ERR_\w+/g, '`$&`')

function textOf(parts = []) {
  const text = parts.map((part) => {
    if (part.kind !== 'inline-tag') return part.kind === 'text' ? withCodes(part.text) : part.text
    const slug = slugs.get(part.target) ?? slugs.get(part.target?.parent)
    return slug ? `[${part.text}](#${slug})` : part.text
  })
  return text.join('').trim()
}

const commentOf = (model) => model.comment ?? model.getSignature?.comment ?? model.signatures?.[0]?.comment
const tagsOf = (comment, tag) => (comment?.blockTags ?? []).filter((each) => each.tag === tag)

/** The sentences behind a tag: its name, then what the docstring says. */
const sentence = (word, text) => `${word} ${oneLine(text)}${text.endsWith('.') ? '' : '.'}`

function bodyOf(comment, parameters = []) {
  const blocks = [textOf(comment?.summary)]
  const described = parameters.filter((parameter) => parameter.comment)
  if (described.length > 0)
    blocks.push(
      described.map(({ name, comment }) => `* \`${name}\`: ${oneLine(textOf(comment.summary))}`).join('\n'),
    )
  for (const { content } of tagsOf(comment, '@returns')) blocks.push(sentence('Returns', textOf(content)))
  for (const { content } of tagsOf(comment, '@throws')) blocks.push(sentence('Throws', textOf(content)))
  for (const { content } of tagsOf(comment, '@example')) blocks.push(textOf(content))
  return blocks.filter(Boolean).join('\n\n')
}

// ---- tables

const oneLine = (text) => text.replace(/\s+/g, ' ')
const escaped = (text) => text.replaceAll('|', '\\|')

/** A type as code, in which the names that have a heading are links. */
function linked(type) {
  const names = [...slugs].filter(
    ([model]) => HAS_MEMBERS.includes(model.kind) || model.kind === ReflectionKind.TypeAlias,
  )
  const known = new Map(names.map(([model, slug]) => [model.name, slug]))
  return type
    .split(/\b([A-Z]\w*)\b/)
    .map((piece) => {
      if (known.has(piece)) return `[\`${piece}\`](#${known.get(piece)})`
      return piece === '' ? '' : `\`${escaped(piece)}\``
    })
    .join('')
    .replaceAll('``', '')
}

function aboutProperty(member) {
  const comment = commentOf(member)
  const throws = tagsOf(comment, '@throws').map(({ content }) => sentence('Throws', textOf(content)))
  return oneLine([textOf(comment?.summary), ...throws].join(' '))
}

function propertiesTable(members) {
  const rows = members.map((member) => {
    const name = `\`${member.name}${member.flags.isOptional ? '?' : ''}\``
    return `| ${name} | ${linked(typeOf(member))} | ${escaped(aboutProperty(member))} |`
  })
  return ['| name | type | |', '|---|---|---|', ...rows].join('\n')
}

/** Options: the last sentence of each says its default. Those without one are errors. */
function optionsTable(owner, members) {
  const rows = members.map((member) => {
    const about = aboutProperty(member)
    const [, text, given] = /^(.*?) ?\bDefault:? (.*)[.]$/.exec(about) ?? []
    if (given === undefined && member.flags.isOptional)
      faults.push(`the docstring of ${owner.name}.${member.name} wants a last sentence 'Default …'`)
    const code = /^('.*'|[\d.]+|true|false|undefined)$/.test(given ?? '')
      ? `\`${given}\``
      : (given ?? 'required')
    return `| \`${member.name}\` | ${linked(typeOf(member))} | ${escaped(code)} | ${escaped(text ?? about)} |`
  })
  return ['| option | type | default | |', '|---|---|---|---|', ...rows].join('\n')
}

function functionsTable(space, members) {
  const rows = members.map((member) => {
    const call = signaturesOf(member).map((each) => signatureText(`${space.name}.${member.name}`, each))
    return `| ${call.map((text) => `\`${escaped(text)}\``).join('<br>')} | ${escaped(oneLine(textOf(commentOf(member)?.summary)))} |`
  })
  return ['| function | |', '|---|---|', ...rows].join('\n')
}

// ---- one name

const fence = (text) => `\`\`\`typescript\n${text}\n\`\`\``

function method(owner, member) {
  const name = member.name === '[asyncDispose]' ? '[Symbol.asyncDispose]' : member.name
  const dot = name.startsWith('[') ? '' : '.'
  const all = signaturesOf(member)
  return [
    `#### ${owner.name}${dot}${name}()`,
    fence(all.map((each) => signatureText(name, each)).join('\n')),
    bodyOf(commentOf(member), all[0]?.signature.parameters),
  ].join('\n\n')
}

const isOptions = (model) =>
  /Options$/.test(model.name) && (model.children ?? []).some(({ flags }) => flags.isOptional)
const isMethod = (member) => (member.signatures?.length ?? 0) > 0

/** What an interface or class has, without what one that is on this page hands down. */
function membersOf(model) {
  const own = (member) => {
    const parent = member.inheritedFrom?.reflection?.parent
    return !parent || !slugs.has(parent)
  }
  return (model.children ?? []).filter((member) => member.kind !== ReflectionKind.Constructor && own(member))
}

function container(model) {
  const bases = (model.extendedTypes ?? [])
    .map(String)
    .filter((name) => [...slugs.keys()].some((each) => each.name === name))
  const more = bases.length > 0 ? `It also has what [${bases[0]}](#${slugOf(bases[0])}) has.` : ''
  const members = membersOf(model)
  const properties = members.filter((member) => !isMethod(member))
  return [
    bodyOf(model.comment),
    more,
    properties.length === 0
      ? ''
      : isOptions(model)
        ? optionsTable(model, properties)
        : propertiesTable(properties),
    ...members.filter(isMethod).map((member) => method(model, member)),
  ]
}

/** Functions of a constant whose type is that of a module, which typedoc does not look into. */
function moduleTable(model) {
  const checker = context.programs[0].getTypeChecker()
  const type = checker.getTypeOfSymbol(context.getSymbolFromReflection(model))
  const rows = checker.getPropertiesOfType(type).map((property) => {
    const about = ts.displayPartsToString(property.getDocumentationComment(checker))
    if (about === '') faults.push(`${model.name}.${property.name} wants a docstring`)
    const [declaration] = property.declarations
    const node = declaration.initializer?.parameters ? declaration.initializer : declaration
    const name = `${model.name}.${property.name}`
    const text = node.parameters ? signatureText(name, { node, signature: {} }) : name
    return `| \`${escaped(text)}\` | ${escaped(oneLine(about))} |`
  })
  return ['| function | |', '|---|---|', ...rows].join('\n')
}

/** A group of functions: a namespace, or a constant object. */
function space(model, children) {
  const functions = children.filter(isMethod)
  const others = children.filter((child) => !isMethod(child))
  return [
    bodyOf(model.comment),
    functions.length > 0 ? functionsTable(model, functions) : '',
    others.length > 0 ? propertiesTable(others) : '',
  ]
}

function blocksOf(model) {
  if (HAS_MEMBERS.includes(model.kind)) return container(model)
  if (SPACES.includes(model.kind)) return space(model, model.children ?? [])
  const fields = model.type?.declaration?.children
  if (model.kind === ReflectionKind.Variable && fields) return space(model, fields)
  if (model.kind === ReflectionKind.Function) {
    const all = signaturesOf(model)
    const text = all.map((each) => signatureText(`function ${model.name}`, each)).join('\n')
    return [fence(text), bodyOf(commentOf(model), all[0]?.signature.parameters)]
  }
  if (String(model.type) === '__module') return [bodyOf(model.comment), moduleTable(model)]
  const [declaration] = declarationsOf(model)
  const text =
    model.kind === ReflectionKind.TypeAlias
      ? declaration
          .getText()
          .replace(/^export /, '')
          .replace(/\n *\/\*\*.*?\*\//gs, '')
      : `const ${model.name}: ${String(model.type)}`
  return [fence(text), bodyOf(model.comment)]
}

// ---- the page

const fileOf = (model) => context.project.getSymbolIdFromReflection(model)?.packagePath ?? ''

/** The chapters of one entry point: topics for the package's face, one chapter for any other. */
function chaptersOf({ name, model }, isFace) {
  const models = model.children ?? []
  if (!isFace) {
    const page = `${name.split('/').pop()}.md`
    const about = existsSync(new URL(`../docs/${page}`, import.meta.url))
      ? `[${page}](${page}) explains it.`
      : ''
    return [{ title: name, about, models: [...models].sort((a, b) => rank(a) - rank(b)) }]
  }
  const left = new Set(models)
  return CHAPTERS.map(([title, files]) => {
    const place = (each) => files.findIndex((file) => fileOf(each).startsWith(`lib/${file}`))
    const own = [...left].filter((each) => place(each) >= 0)
    for (const each of own) left.delete(each)
    return { title, models: own.sort((a, b) => rank(a) - rank(b) || place(a) - place(b)) }
  }).filter(({ models }) => models.length > 0)
}

/**
 * The tables of fields of docs/wire.md by the header's name: what rxburst/wire can read, with widths and Wireshark's
 * names.
 */
export function fieldTablesOf(page) {
  const [, reference = ''] = page.split('\n## Reference\n')
  const sections = reference.split('\n### ').slice(1)
  return new Map(
    sections.map((text) => {
      const name = text.slice(0, text.indexOf('\n'))
      const [, how = ''] = /(Arguments: .*)/.exec(text) ?? []
      return [name, `${how}\n\n${text.slice(text.indexOf('\n|') + 1).trim()}`]
    }),
  )
}

/** `fieldTables` belong to the chapter of rxburst/wire. */
export function pageOf(of, parts, fieldTables = new Map()) {
  context = of
  slugs = new Map()
  const chapters = parts.flatMap((part, i) => chaptersOf(part, i === 0))
  const used = new Map()
  const slug = (heading) => {
    const plain = slugOf(heading)
    const before = used.get(plain) ?? 0
    used.set(plain, before + 1)
    return before === 0 ? plain : `${plain}-${before}`
  }
  slug('API')
  for (const chapter of chapters) {
    chapter.slug = slug(chapter.title)
    for (const model of chapter.models) {
      slugs.set(model, slug(titleOf(model)))
      if (HAS_MEMBERS.includes(model.kind))
        for (const member of (model.children ?? []).filter(isMethod)) slug(`${model.name}.${member.name}()`)
    }
  }
  const contents = chapters.map(({ title, slug, models }) => {
    const names = models.map((model) => `[\`${titleOf(model)}\`](#${slugs.get(model)})`)
    return `* [${title}](#${slug}): ${names.join(' ')}`
  })
  const text = chapters.map(({ title, about = '', models }) =>
    [
      `## ${title}`,
      about,
      ...models.flatMap((model) => [
        `### ${titleOf(model)}`,
        ...blocksOf(model),
        title.endsWith('/wire') ? (fieldTables.get(model.name) ?? '') : '',
      ]),
    ]
      .filter(Boolean)
      .join('\n\n'),
  )
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return `${[`${INTRO}\n${contents.join('\n')}`, ...text].join('\n\n')}\n`
}

// Writes docs/api.md from the docstrings of every entry point of package.json; with --check it fails, and names the
// file, when that would change it. A public name without a docstring is an error. typedoc reads the sources,
// api-page.mjs writes the page, and the tables of fields come from docs/wire.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application, Converter, ReflectionKind } from 'typedoc'
import { fieldTablesOf, pageOf } from './api-page.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const TARGET = 'docs/api.md'

// Every entry point with types is public: one that is added to "exports" of package.json gets a part of the page.
const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const entries = Object.entries(exports)
  .filter(([, target]) => target.types)
  .map(([path, target]) => ({
    name: path.replace('.', name),
    file: target.types.replace(/^.\/dist\//, '').replace(/\.d\.ts$/, '.ts'),
  }))

function fail(message) {
  console.error(message)
  process.exit(1)
}

const app = await Application.bootstrap({
  entryPoints: entries.map(({ file }) => join(root, file)),
  tsconfig: join(root, 'tsconfig.json'),
  name,
  readme: 'none',
  disableGit: true,
  disableSources: true,
  skipErrorChecking: true, // tsc is a check of its own
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeProtected: true,
  sort: ['source-order'],
  logLevel: 'Warn',
  intentionallyNotExported: ['__module', 'Readers', 'Writers'], // the type of a constant that shows a module's functions: the page lists them
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: [
    'Class',
    'Interface',
    'Enum',
    'EnumMember',
    'Function',
    'Variable',
    'TypeAlias',
    'Method',
    'Property',
    'Accessor',
  ],
})
let context // knows the declaration of each name
app.converter.on(Converter.EVENT_END, (of) => {
  context = of
})
const project = (await app.convert()) ?? fail(`${TARGET} can't be made: typedoc can't read the sources`)
app.validate(project)
if (app.logger.hasErrors() || app.logger.hasWarnings())
  fail(`${TARGET}: each public name wants a docstring, and each link a target`)

// With one entry point typedoc leaves out the level of modules.
const modules = project.getChildrenByKind(ReflectionKind.Module)
const moduleOf = (file) =>
  modules.find((each) => project.getSymbolIdFromReflection(each)?.packagePath === file)
const parts = entries.map(({ name, file }) => ({ name, model: moduleOf(file) ?? project }))
let wanted
try {
  wanted = pageOf(context, parts, fieldTablesOf(readFileSync(join(root, 'docs/wire.md'), 'utf8')))
} catch ({ message }) {
  fail(`${TARGET}: ${message}`)
}

if (process.argv.includes('--check')) {
  let found = ''
  try {
    found = readFileSync(join(root, TARGET), 'utf8')
  } catch {}
  if (found !== wanted) fail(`${TARGET} is not what the docstrings say: npm run docs:api`)
} else writeFileSync(join(root, TARGET), wanted)

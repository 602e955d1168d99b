// Joins the modules behind `import 'rxburst'` into two files: Node's loader takes most of a millisecond for each file
// of a package. Each module keeps its own file, which only names its exports there. So every class exists once, whoever
// imports it by whatever path. light.bundle.js has the modules that programs without the addon use as well
// (rxburst/wire, the doctor); main.bundle.js has the others.
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist/lib')
const COMMON = {
  absWorkingDir: root,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  write: false,
  logLevel: 'silent',
}
const WHOLE = { ...COMMON, bundle: true, packages: 'external' }

/** What each module of lib imports when it is loaded. */
async function graphOf() {
  const { metafile } = await build({ ...WHOLE, entryPoints: ['lib/**/*.ts'], outdir: 'dist', metafile: true })
  return new Map(
    Object.entries(metafile.inputs).map(([file, { imports }]) => [
      file,
      imports
        .filter(({ kind, external }) => kind === 'import-statement' && !external)
        .map(({ path }) => path),
    ]),
  )
}
const graph = await graphOf()

function reachedFrom(file, seen = new Set()) {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const next of graph.get(file)) reachedFrom(next, seen)
  return seen
}

const behindIndex = reachedFrom('lib/index.ts')
const needsAddon = (file) => reachedFrom(file).has('lib/native.ts')
const alone = [...graph.keys()].filter((file) => !behindIndex.has(file) && !needsAddon(file))
const shared = new Set(alone.flatMap((file) => [...reachedFrom(file)]))
const light = [...behindIndex].filter((file) => shared.has(file)).sort()
const main = [...behindIndex].filter((file) => !shared.has(file)).sort()

/** The names that each of these files exports. */
async function exportsOf(files) {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: files,
    outdir: 'dist',
    outbase: '.',
    metafile: true,
  })
  return new Map(Object.values(metafile.outputs).map(({ entryPoint, exports }) => [entryPoint, exports]))
}
const names = await exportsOf([...behindIndex])

/** An export's name in a bundle: open of lib/control/open/open.ts is control$open$open$$open. */
const inBundle = (file, name) => `${relative('lib', file).replace(/\.ts$/, '').replace(/\W/g, '$')}$$${name}`
const reexport = (file, from, pair) => `export { ${names.get(file).map(pair).join(', ')} } from '${from}'\n`

// A module in a bundle finds the files beside it as if it stood in its own place.
const ownPlace = {
  name: 'import.meta.url of each module',
  setup: (building) =>
    building.onLoad({ filter: /\/lib\/.*\.ts$/ }, async ({ path }) => {
      const { readFile } = await import('node:fs/promises')
      const text = await readFile(path, 'utf8')
      const place = relative(join(root, 'lib'), path).replace(/\.ts$/, '.js')
      const url = `new URL(${JSON.stringify(`./${place}`)}, import.meta.url).href`
      return { contents: text.replaceAll('import.meta.url', url), loader: 'ts' }
    }),
}

const fromLight = {
  name: 'modules of the light bundle',
  setup(building) {
    building.onResolve({ filter: /^\./ }, ({ path, resolveDir, namespace }) => {
      if (namespace === 'light') return { path, external: true }
      const file = relative(root, resolve(resolveDir, path)).replace(/\.js$/, '.ts')
      return light.includes(file) ? { path: file, namespace: 'light' } : undefined
    })
    building.onLoad({ filter: /./, namespace: 'light' }, ({ path }) => ({
      contents: reexport(path, './light.bundle.js', (name) => `${inBundle(path, name)} as ${name}`),
      loader: 'js',
    }))
  },
}

// esbuild writes `var` for constants at the top, and V8 knows the value of a constant only (STYLE: module-level
// `const`).
async function withConstants(text) {
  let constant = text.replace(/^var (?=[^;]* = )/gm, 'const ')
  for (;;) {
    const { warnings } = await transform(constant, { format: 'esm', logLevel: 'silent' })
    const assigned = warnings
      .map(({ text }) => /^This assignment will throw because "(.*)" is a constant/.exec(text)?.[1])
      .filter((name) => name !== undefined)
    if (assigned.length === 0) return constant
    for (const name of new Set(assigned)) {
      const declared = `\nconst ${name} = `
      if (!constant.includes(declared)) throw new Error(`${name} is a constant, and is assigned to`)
      constant = constant.replace(declared, () => `\nlet ${name} = `)
    }
  }
}

// Two modules may call different things alike; esbuild gives one of them a number, which nobody is to see. Its own way
// to mend that (keepNames) costs a call for each function that a function makes.
function withNames(text) {
  const clause = /^export \{([^}]*)\};?$/m.exec(text)[1]
  const renamed = [...clause.matchAll(/(\w+) as [\w$]+\$\$(\w+)/g)].filter(([, own, name]) => own !== name)
  const pairs = new Map(renamed.map(([, own, name]) => [own, name]))
  const list = [...pairs].map(([own, name]) => `[${own}, ${JSON.stringify(name)}]`).join(', ')
  const naming = `for (const [value, name] of [${list}])
  if (typeof value === 'function') Object.defineProperty(value, 'name', { value: name, configurable: true })
`
  return text.replace(/^(?=\/\/# sourceMappingURL)/m, () => naming)
}

for (const [bundle, files, plugins] of [
  ['light.bundle.js', light, [ownPlace]],
  ['main.bundle.js', main, [fromLight, ownPlace]],
]) {
  const contents = files
    .filter((file) => names.get(file).length > 0)
    .map((file) =>
      reexport(
        file,
        `./${relative('lib', file).replace(/\.ts$/, '.js')}`,
        (name) => `${name} as ${inBundle(file, name)}`,
      ),
    )
    .join('')
  const { outputFiles } = await build({
    ...WHOLE,
    stdin: { contents, resolveDir: join(root, 'lib'), loader: 'ts' },
    outfile: join(dist, bundle),
    sourcemap: true,
    plugins,
  })
  for (const { path, text } of outputFiles)
    writeFileSync(path, path.endsWith('.map') ? text : withNames(await withConstants(text)))
  for (const file of files) {
    const own = join(root, 'dist', file.replace(/\.ts$/, '.js'))
    const to = relative(dirname(own), join(dist, bundle))
    const from = to.startsWith('.') ? to : `./${to}`
    writeFileSync(
      own,
      `// ${file}, which stands in ${bundle}.\n${reexport(file, from, (name) => `${inBundle(file, name)} as ${name}`)}`,
    )
    rmSync(`${own}.map`, { force: true })
  }
}

// Each file of the repository that the documentation names or links to is there, and so is each heading that a link
// leads to.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/child.js'

const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith('.md') && name !== 'performance-log.md') // tells of files that are gone
    .map((name) => `docs/${name}`),
]
const slugOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

/**
 * Where a link into a page may lead: its headings, as GitHub names them. A heading that comes again has a number behind
 * it.
 */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading] of readFileSync(join(root, page), 'utf8')
    .replace(/^```.*?^```/gms, '')
    .matchAll(/^#+ (.*)$/gm)) {
    const slug = slugOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
    let each = slug
    for (let i = 1; anchors.has(each); i++) each = `${slug}-${i}`
    anchors.add(each)
  }
  return anchors
}

const PATH = /(?<![\w/.@-])(?:test|lib|native|scripts|docs|examples)\/[\w./*-]+/g
const LINK = /\]\(([^)#\s]*)(?:#([^)]*))?\)/g
const CODE = /^```.*?^```|`[^`\n]+`/gms
const BUILT = 'native/dpdk/build'

/**
 * Whether there is such a file or folder. A header with its source is named without an ending, an example by its
 * number.
 */
function exists(path: string): boolean {
  const folder = join(root, dirname(path))
  const name = path.slice(dirname(path).length + 1).replace(/^\d\d$/, '$&-*')
  if (!existsSync(folder)) return false
  const pattern = new RegExp(`^${name.replaceAll('.', '[.]').replaceAll('*', '.*')}([.](cc|h|ts))?$`)
  return readdirSync(folder).some((each) => pattern.test(each))
}

for (const page of PAGES)
  t.test(page, async (t) => {
    const text = readFileSync(root + page, 'utf8')
    const named = [...text.matchAll(PATH)]
      .map(([path]) => path.replace(/[./-]+$/, '')) // a sentence may end behind it
      .filter((path) => path.includes('/') && path !== BUILT && !/[A-Z]{3,}/.test(path)) // test/ROOM/NAME.ts stands for any
    t.same(
      [...new Set(named)].filter((path) => !exists(path)),
      [],
      'every file that it names',
    )
    const links = [...text.replace(CODE, '').matchAll(LINK)]
      .filter(([, file]) => !/^[a-z]+:/.test(file))
      .map(([, file, anchor]) => ({ file: file ? join(dirname(page), file) : page, anchor }))
    const missing = links.filter(({ file }) => !existsSync(join(root, file)))
    t.same(missing, [], 'every file that it links to')
    t.same(
      links.filter(({ file, anchor }) => anchor && file.endsWith('.md') && !anchorsOf(file).has(anchor)),
      [],
      'every heading that it links to',
    )
    if (page === 'README.md') t.ok(named.length > 0 && links.length > 0, 'names and links are found')
  })

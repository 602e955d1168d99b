// Each file of the repository that the documentation names or links to is there.
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
const PATH = /(?<![\w/.@-])(?:test|lib|native|scripts|docs|examples)\/[\w./*-]+/g
const LINK = /\]\(([^)#\s]+)(?:#[^)]*)?\)/g
const CODE = /^```.*?^```|`[^`\n]+`/gms
const BUILT = 'native/dpdk/build'

/** Whether there is such a file or folder. A header with its source is named without an ending, an example by its number. */
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
      .map(([, link]) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
    t.same(
      links.filter((link) => !existsSync(join(root, dirname(page), link))),
      [],
      'every file that it links to',
    )
    if (page === 'README.md') t.ok(named.length > 0 && links.length > 0, 'names and links are found')
  })

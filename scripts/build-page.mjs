// Bundles the script of the benchmark's report with its charting library into one file, so that a report needs no
// network; puts its style beside, for lib/ is not part of the package.
import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

await build({
  entryPoints: [`${root}dist/lib/bench/report/page/page.js`],
  outfile: `${root}dist/lib/bench/report/page.bundle.js`,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  legalComments: 'eof',
})
copyFileSync(`${root}lib/bench/report/page/page.css`, `${root}dist/lib/bench/report/page.css`)

// Writes the report: one page that needs nothing but itself.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { RxburstError } from '../../errors.js'
import type { BenchReport } from './types.js'

const SCRIPT = fileURLToPath(new URL('./page.bundle.js', import.meta.url))
const STYLE = fileURLToPath(new URL('./page.css', import.meta.url))

/** The page as text. What stands inside <script> must not end it. */
export function reportPage(report: BenchReport): string {
  if (!existsSync(SCRIPT))
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `the report's page is not built: npm run build:ts (${SCRIPT})`,
    )
  const data = JSON.stringify(report).replaceAll('<', '\\u003c')
  const script = readFileSync(SCRIPT, 'utf8').replaceAll('</script', '<\\/script')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>rxburst bench, ${report.machine.date.slice(0, 10)}</title>
<style>
${readFileSync(STYLE, 'utf8')}</style>
</head>
<body>
<main>
<h1>rxburst bench</h1>
</main>
<script type="application/json" id="data">${data}</script>
<script>
${script}</script>
</body>
</html>
`
}

export function writeReport(path: string, report: BenchReport): void {
  try {
    writeFileSync(path, reportPage(report))
  } catch (error) {
    if (error instanceof RxburstError) throw error
    throw new RxburstError('ERR_SYSTEM', `--report: ${(error as Error).message}`)
  }
}

// Metrics in the text format of Prometheus, version 0.0.4.
import type { Family, Labels } from './families.js'

/** The media type of the text. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const escaped = (text: string) => text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`))

function labelsText(labels: Labels): string {
  let text = ''
  for (const name in labels) text += `${text ? ',' : ''}${name}="${escaped(labels[name])}"`
  return text
}

const braced = (labels: string, le?: string) => {
  const all = le === undefined ? labels : `${labels}${labels && ','}le="${le}"`
  return all && `{${all}}`
}

const number = (value: number) =>
  Number.isFinite(value) ? `${value}` : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'

/** One family after the other. Those without a sample are left out. */
export function metricsText(families: readonly Family[]): string {
  const written = new Map<Labels, string>() // labels of a queue stand in many families
  let text = ''
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
    for (const { suffix = '', labels, le, value } of samples) {
      const all = written.get(labels) ?? labelsText(labels)
      written.set(labels, all)
      text += `${name}${suffix}${braced(all, le)} ${number(value)}\n`
    }
  }
  return text
}

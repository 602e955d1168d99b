// The tables of the backends name functions as backend.h does, and each file defines them in its order: a reader of one
// backend finds his way in all. Prints the file, and the function that stands in another place.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const native = fileURLToPath(new URL('../native', import.meta.url))
const read = (file) => readFileSync(join(native, file), 'utf8')

const table = /^struct Backend \{.*?^\};/ms.exec(read('core/backend.h'))[0]
const fields = [...table.matchAll(/\(\*(\w+)\)\(/g)].map(([, field]) => field)
/** losses_of -> LossesOf */
const nameOf = (field) => field.replace(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase())
const order = fields.map(nameOf)

const files = ['backends', 'dpdk'].flatMap((room) =>
  readdirSync(join(native, room), { recursive: true })
    .filter((name) => name.endsWith('.cc') && !/(^|\/)build\//.test(name))
    .map((name) => join(room, name)),
)
const DEFINITION = /^(?:(?:static|inline) )*[\w:]+ [*&]?([A-Z]\w*)\([^;{}]*\)(?: const)? \{/gm
const faults = []
let tables = 0

for (const file of files.sort()) {
  const text = read(file)
  const defined = [...text.matchAll(DEFINITION)]
    .map(([, name]) => name)
    .filter((name) => order.includes(name))
  for (const [i, name] of defined.entries())
    if (i > 0 && order.indexOf(name) < order.indexOf(defined[i - 1]))
      faults.push(`native/${file}: ${name}() stands behind ${defined[i - 1]}(); backend.h has it before`)
  for (const [, body] of text.matchAll(/^const Backend \w+ = \{(.*?)^\};/gms)) {
    tables++
    for (const [, field, name] of body.matchAll(/\.(\w+) = (?:\w+::)*(\w+),/g))
      if (fields.includes(field) && name !== nameOf(field))
        faults.push(`native/${file}: .${field} is called ${name}; backend.h means ${nameOf(field)}`)
  }
}
if (fields.length < 20 || tables < 5)
  faults.push(`native/core/backend.h: ${fields.length} functions and ${tables} tables were found`)

for (const fault of faults) console.error(fault)
process.exitCode = faults.length > 0 ? 1 : 0

// The same fields as C++ constants: byte and bits of each, a namespace for each header.
import { unitOf } from './accessors.mjs'

const upper = (name) => name[0].toUpperCase() + name.slice(1)
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export function constants(headers) {
  const spaces = headers.map((header) => {
    const rows = header.fields.map(({ name, bit, width, kind }) => {
      const whole = bit % 8 === 0 && (width % 8 === 0 || kind === 'bytes')
      if (whole) return `constexpr unsigned k${upper(name)} = ${bit / 8};`
      const { byte, bits } = unitOf({ bit, width })
      const right = byte * 8 + bits - bit - width
      const mask = ((2 ** width - 1) * 2 ** right) >>> 0
      return `constexpr unsigned k${upper(name)} = ${byte}, k${upper(name)}Mask = 0x${mask.toString(16)};`
    })
    return `// ${header.title}, ${header.source}.\nnamespace ${snake(header.name)} {\nconstexpr unsigned kBytes = ${header.bytes};\n${rows.join('\n')}\n}  // namespace ${snake(header.name)}\n`
  })
  return `// Where the fields of headers stand: byte from the header's first, and the mask of those that share their bytes. Generated from
// lib/wire/table by scripts/generate-wire.mjs: do not edit.
#pragma once

namespace rxburst {
namespace wire {

${spaces.join('\n')}
}  // namespace wire
}  // namespace rxburst
`
}

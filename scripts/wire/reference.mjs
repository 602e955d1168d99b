// docs/wire.md: the introduction that people wrote, and a table of each header's fields.
import { setterOf } from './accessors.mjs'

const HOW = {
  ethernet: '`(p)`; inside a tunnel `(p, at)`',
  vlan: '`(p, at, n = 0)`: the n-th tag, the outermost is 0',
  mpls: '`(p, at, n = 0)`: the n-th label, the outermost is 0',
  network: '`(p, at)`',
  transport: '`(p, at)`',
  payload: '`(p, at)`, behind UDP',
  place: '`(p, at, place)`',
}
const VALUES = {
  number: 'number',
  signed: 'signed number',
  flag: 'boolean',
  ipv4: 'IPv4 as a number',
  ipv6: 'four numbers',
  mac: 'MAC as a number',
  bytes: 'bytes',
}

export function reference(headers, introduction) {
  const sections = headers.map((header) => {
    const rows = header.fields.map(({ name, width, kind, wireshark, source, note }) => {
      const about = [note, source ? `${source}.` : ''].filter(Boolean).join(' ')
      return `| \`${name}\` | \`${setterOf(name)}\` | ${VALUES[kind]}, ${width} | ${wireshark ? `\`${wireshark}\`` : ''} | ${about} |`
    })
    return `### ${header.name}

${header.title}: ${header.source}. Arguments: ${HOW[header.start]}.

| reads | writes | value, bits | Wireshark | |
|---|---|---|---|---|
${rows.join('\n')}
`
  })
  return `<!-- Generated from lib/wire/table and scripts/wire/introduction.md by scripts/generate-wire.mjs: do not edit. -->
${introduction.trim()}

## Reference

Each table is one namespace of \`rxburst/wire\`. A setter takes the value behind \`at\`: \`udp.setLength(p, at, 20)\`.

${sections.join('\n')}`
}

// GRE: the fields, and the places of those that its flags announce.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as fields from '../fields/gre.gen.js'
import * as places from '../places.js'

export * from '../fields/gre.gen.js'

const { NOWHERE, transport } = places

/** Where greChecksum begins; negative: it has none. RFC 2784 section 2.1. */
export const checksumPlace = (p: Bytes, at: At): number =>
  fields.checksumPresent(p, at) ? transport(p, at) + 4 : NOWHERE

/** Where greKey begins; negative: it has none. RFC 2890 section 2. */
export const keyPlace = (p: Bytes, at: At): number =>
  fields.keyPresent(p, at) ? transport(p, at) + 4 + (fields.checksumPresent(p, at) ? 4 : 0) : NOWHERE

/** Where greSequence begins; negative: it has none. RFC 2890 section 2. */
export const sequencePlace = (p: Bytes, at: At): number =>
  fields.sequenceNumberPresent(p, at)
    ? transport(p, at) + 4 + (fields.checksumPresent(p, at) ? 4 : 0) + (fields.keyPresent(p, at) ? 4 : 0)
    : NOWHERE

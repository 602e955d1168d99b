// The one table of fields: every header that rxburst/wire knows, in the order of a packet. Accessors, C++ constants,
// the reference and the tests are made from it.
import { application } from './application.js'
import { icmp } from './icmp.js'
import { internet } from './internet.js'
import { link } from './link.js'
import type { Header } from './shape.js'
import { transport } from './transport.js'
import { tunnel } from './tunnel.js'

export type { Covered, Field, Header, Kind, Start } from './shape.js'

/** Every header of rxburst/wire, with its fields. */
export const HEADERS: readonly Header[] = [
  ...link,
  ...internet,
  ...icmp,
  ...transport,
  ...tunnel,
  ...application,
]

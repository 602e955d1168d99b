// debug: true. An `at` of another packet is found out: it says what this packet's own numbers do not say.
import { RxburstError } from '../errors.js'
import { type At, LAYOUT } from './at.js'
import type { Bytes } from './bytes.js'
import { inner, quoted } from './inner.js'
import { walk } from './walk.js'

const DEPTH = 8

/** @throws ERR_BAD_AT unless `at` is the number of this packet, or of headers inside it. */
export function checkAt(p: Bytes, at: At): void {
  let own = walk(p)
  for (let depth = 0; depth < DEPTH; depth++) {
    if (((own ^ at) & LAYOUT) === 0) return
    const next = inner(p, own) || quoted(p, own)
    if (next === 0) break
    own = next
  }
  throw new RxburstError(
    'ERR_BAD_AT',
    'an accessor got the number of another packet, or of this one before its headers changed: call locate() for each packet, and again after such a change',
  )
}

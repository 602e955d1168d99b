// The verdict that a record tells: in words, and as the action of XDP that comes closest.
import { layout } from '../native.js'
import { flagsOf, pointOf, verdictOf } from './memory.js'

const { tap, verdicts } = layout
const EXIT = 1
const [DROP, PASS, SAME_PORT, OTHER_PORT, NONE] = [1, 2, 3, 4, -1]

const isTx = (verdict: number) => verdict >= verdicts.TX && verdict < verdicts.TO_WORKER

function plainWords(verdict: number): string {
  if (isTx(verdict)) return `tx(${verdict - verdicts.TX})`
  if (verdict === verdicts.DROP) return 'drop'
  if (verdict === verdicts.PASS) return 'pass'
  return verdict === verdicts.KEEP ? 'keep' : `verdict ${verdict}`
}

/** The exact verdict: 'tx(1)', 'keep', 'flow: action 7, drop'; '' at entry, where there is none. */
export function verdictWords(kinds: number, action: number): string {
  if (pointOf(kinds) !== EXIT) return ''
  const flags = flagsOf(kinds)
  const words = plainWords(verdictOf(kinds))
  const done = flags & tap.refused ? `drop: ${words} was refused` : words
  if (flags & tap.owned) return `${done}, owned`
  if (!(flags & tap.flow)) return done
  return action > 0 ? `flow: action ${action - 1}, ${done}` : `flow: ${done}`
}

/** As an action of Linux' XDP; -1: there is none like it. */
export function xdpActionOf(kinds: number): number {
  if (pointOf(kinds) !== EXIT) return NONE
  const flags = flagsOf(kinds)
  const verdict = verdictOf(kinds)
  if (flags & tap.refused || verdict === verdicts.DROP) return DROP
  if (verdict === verdicts.PASS) return PASS
  if (isTx(verdict)) return flags & tap.samePort ? SAME_PORT : OTHER_PORT
  return NONE
}

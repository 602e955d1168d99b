// Puts the steps of an action together: checks that they fit, and writes them for native code.
import { RxburstError } from '../errors.js'
import { layout } from '../layout.gen.js'
import { END, type FlowStep, STEP_BYTES, type Step } from './steps.js'

const { DROP, PASS, TX, TO_WORKER } = layout.verdicts
const STEPS_MAX = 8
const POSSIBLE =
  'DROP, PASS, tx(port) and SHOW end an action; before them stand setMac, dnat, snat, ttl, vlanPush, vlanPop, encap, meter, mirror and peek'
// Headers that encap has covered are out of reach; so it says itself, and native code too.
const INNER = new Set(['dnat', 'snat', 'ttl', 'vlanPop'])
const ONCE = ['ttl', 'encap', 'meter', 'peek']

const bad = (message: string) => new RxburstError('ERR_BAD_ACTION', message)

/** An action as native code reads it. */
export interface ActionCode {
  /** The steps. */
  readonly code: Uint8Array
  /** Equal for equal steps. */
  readonly key: string
  /** Whether flows of it need a parameter. */
  readonly param: boolean
  /** Whether it ends with PASS. */
  readonly passes: boolean
  /** Whether it ends with SHOW. */
  readonly shows: boolean
  /** Indices of the ports that it names. */
  readonly ports: readonly number[]
  /** The steps as a person writes them: 'dnat, ttl, tx(1)'. */
  readonly text: string
}

const isTx = (verdict: number) => verdict >= TX && verdict < TO_WORKER

function nameOfEnd(verdict: number): string | undefined {
  if (verdict === DROP) return 'DROP'
  if (verdict === PASS) return 'PASS'
  return isTx(verdict) && Number.isInteger(verdict) ? `tx(${verdict - TX})` : undefined
}

function isFlowStep(step: unknown): step is FlowStep {
  return typeof step === 'object' && step !== null && (step as FlowStep).code instanceof Uint8Array
}

/** A verdict as the step that it is. */
function asStep(step: Step): FlowStep {
  if (isFlowStep(step)) return step
  const name = typeof step === 'number' ? nameOfEnd(step) : undefined
  if (name === undefined) throw bad(`${String(step)} is no step of an action: ${POSSIBLE}`)
  const code = new Uint8Array(STEP_BYTES)
  code.set([END, 0, 0, 0, step >>> 8, step & 0xff])
  return { name, code, param: false, port: isTx(step) ? step - TX : -1 }
}

const isEnd = (step: FlowStep) => step.code[0] === END

function checkOrder(steps: FlowStep[]): void {
  const ends = steps.filter(isEnd)
  if (ends.length === 0) throw bad(`an action needs an end; ${POSSIBLE}`)
  if (ends.length > 1)
    throw bad(
      `an action has one end, not ${ends.map(({ name }) => name).join(' and ')}; use mirror() for a copy`,
    )
  if (!isEnd(steps[steps.length - 1])) throw bad(`${ends[0].name} ends an action: nothing stands behind it`)
  if (steps.length - 1 > STEPS_MAX)
    throw bad(`an action has up to ${STEPS_MAX} steps in front of its end, not ${steps.length - 1}`)
  for (const name of ONCE)
    if (steps.filter((step) => step.name === name).length > 1)
      throw bad(`an action has one step of ${name}()`)
  const encap = steps.findIndex(({ name }) => name === 'encap')
  const covered = encap < 0 ? undefined : steps.slice(encap).find(({ name }) => INNER.has(name))
  if (covered)
    throw bad(`${covered.name}() stands behind encap(), which covers those headers: put it in front`)
}

function checkTags(steps: FlowStep[]): void {
  let tags = 1 // a packet with more of them is shown before the first step
  for (const { name } of steps) {
    if (name === 'vlanPush') tags++
    if (name === 'vlanPop' && --tags < 0)
      throw bad('an action pops one tag more than it pushes at most: packets with two tags are shown')
  }
}

function checkParam(steps: FlowStep[]): void {
  const users = steps.filter(({ param }) => param)
  const twice = users.length > 1 || users.some(({ name, code }) => name === 'setMac' && code[2] === 3)
  if (twice)
    throw bad(`PARAM is used once in an action, not twice (${users.map(({ name }) => name).join(', ')})`)
}

/**
 * Checks steps and writes them for native code.
 * @throws ERR_BAD_ACTION when they do not fit together
 */
export function encodeSteps(steps: readonly Step[]): ActionCode {
  const all = steps.map(asStep)
  checkOrder(all)
  checkTags(all)
  checkParam(all)
  const code = Uint8Array.from(all.flatMap((step) => [...step.code]))
  const end = all[all.length - 1]
  return {
    code,
    key: Buffer.from(code).toString('latin1'),
    param: all.some(({ param }) => param),
    passes: end.name === 'PASS',
    shows: end.name === 'SHOW',
    ports: [...new Set(all.map(({ port }) => port).filter((port) => port >= 0))],
    text: all.map(({ name }) => name).join(', '),
  }
}

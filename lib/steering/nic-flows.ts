// Rules of a NIC for single flows: through the journal of an interface, or through the backend of a port.
import { type FlowKey, native } from '../native.js'

/** What a rule has counted. */
export interface RuleCount {
  packets: number
  bytes: number
}

/** Makes rules for flows, and takes them away. */
export interface FlowRules {
  /** Whether its rules count. */
  readonly counts: boolean
  /**
   * Makes the rule of a flow; returns a number by which it is known.
   * @param mark what the NIC writes beside its packets; -1: it drops them
   */
  add(match: FlowKey, mark: number): number
  count(id: number): RuleCount
  /** Takes the rule away; what it has counted. */
  remove(id: number): RuleCount
}

const ADD = 1
const COUNT = 2
const REMOVE = 3

/** Rules that the backend makes, as rte_flow of `dpdk:` ports. They end with the device. */
export class BackendFlowRules implements FlowRules {
  readonly counts = true
  readonly #port: number

  /** @param port its number in native code */
  constructor(port: number) {
    this.#port = port
  }

  add(match: FlowKey, mark: number): number {
    return native.ports.nicFlow({ port: this.#port, call: ADD, match, mark, place: 0 }).place
  }

  count(place: number): RuleCount {
    return native.ports.nicFlow({ port: this.#port, call: COUNT, match: '', mark: -1, place })
  }

  remove(place: number): RuleCount {
    return native.ports.nicFlow({ port: this.#port, call: REMOVE, match: '', mark: -1, place })
  }
}

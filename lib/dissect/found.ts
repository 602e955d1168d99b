// What a dissector has found in one packet: values by Wireshark's names, and the headers in the order in which they
// stand.

import type { Conversations } from './conversations.js'

export type Value = number | string

/** Thrown where a header wants bytes that are not there: what was found so far counts, and the packet ends here. */
export const END = Symbol('the packet ends here')

/** Layers inside each other at the most; a packet that has more is left alone from there on. */
export const LAYERS_MAX = 64

export class Found {
  /** Values by name; a list where a field occurs more than once, outermost first. */
  readonly fields = new Map<string, Value | Value[]>()
  /** Names of the headers, outermost first, and where each begins. */
  readonly layers: { name: string; at: number }[] = []
  /** Inside of what an ICMP error quotes. */
  quoted = false
  /** Source and destination of the innermost IP header, as text. */
  addresses: readonly [string, string] = ['', '']
  /** What packets before it have said of TCP connections. */
  readonly conversations: Conversations | undefined
  /** Inside of a fragment. */
  fragment = false

  constructor(conversations?: Conversations) {
    this.conversations = conversations
  }

  put(name: string, value: Value): void {
    const before = this.fields.get(name)
    if (before === undefined) this.fields.set(name, value)
    else if (Array.isArray(before)) before.push(value)
    else this.fields.set(name, [before, value])
  }

  /** Begins a header. @throws END when there are too many */
  layer(name: string, at: number): void {
    if (this.layers.length >= LAYERS_MAX) throw END
    this.layers.push({ name, at })
  }
}

// Where the sequence numbers of TCP connections begin: edges of SACK count from there in Wireshark.

/** Connections that are remembered; of more, the oldest is forgotten. */
export const CONVERSATIONS_MAX = 65_536

const SYN = 0x02
const ACK = 0x10

export interface Segment {
  readonly source: string
  readonly destination: string
  readonly sequence: number
  readonly acknowledgment: number
  readonly flags: number
}

export class Conversations {
  /** The first sequence number by sender and receiver: of each connection there are two. */
  readonly #first = new Map<string, number>()

  /**
   * Takes a segment into account.
   * @returns the number from which the edges of its SACK options count; 0 where the first number is not known
   */
  see({ source, destination, sequence, acknowledgment, flags }: Segment): number {
    const [there, back] = [`${source} ${destination}`, `${destination} ${source}`]
    const first = this.#first.get(there)
    // A SYN with another number begins a new connection between the same ports.
    if ((flags & (SYN | ACK)) === SYN && first !== undefined && first !== sequence) {
      this.#first.delete(there)
      this.#first.delete(back)
    }
    if (!this.#first.has(there)) this.#put(there, flags & SYN ? sequence : (sequence - 1) >>> 0)
    if (!this.#first.has(back) && flags & ACK) this.#put(back, (acknowledgment - 1) >>> 0)
    return this.#first.get(back) ?? 0
  }

  #put(key: string, number: number): void {
    if (this.#first.size >= 2 * CONVERSATIONS_MAX)
      this.#first.delete(this.#first.keys().next().value as string)
    this.#first.set(key, number)
  }
}

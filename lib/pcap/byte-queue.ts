// Bytes on their way from a stream to a parser: pieces go in, ranges of any length come out. Holds no more than what
// was put in.

export class ByteQueue {
  #current: Uint8Array = new Uint8Array(0)
  #at = 0
  readonly #rest: Uint8Array[] = []
  #waiting = 0
  /** Bytes that were taken so far: the place in the file of the next one. */
  position = 0

  /** Bytes that can be taken. */
  get size(): number {
    return this.#current.length - this.#at + this.#waiting
  }

  push(bytes: Uint8Array): void {
    this.#rest.push(bytes)
    this.#waiting += bytes.length
  }

  /** The next `n` bytes in one piece, without taking them; null while there are fewer. */
  peek(n: number): Uint8Array | null {
    if (this.#current.length - this.#at < n) {
      if (this.size < n) return null
      this.#join(n)
    }
    return this.#current.subarray(this.#at, this.#at + n)
  }

  /** As peek(), and takes them. */
  take(n: number): Uint8Array | null {
    const bytes = this.peek(n)
    if (bytes) this.#advance(n)
    return bytes
  }

  /** Takes at most `n` bytes that nobody wants to see; returns how many there were. */
  skip(n: number): number {
    let left = n
    for (;;) {
      const here = Math.min(left, this.#current.length - this.#at)
      this.#advance(here)
      left -= here
      if (left === 0 || !this.#next()) return n - left
    }
  }

  #advance(n: number): void {
    this.#at += n
    this.position += n
  }

  #next(): boolean {
    const next = this.#rest.shift()
    if (!next) return false
    this.#waiting -= next.length
    this.#current = next
    this.#at = 0
    return true
  }

  /** Makes the current piece hold `n` bytes, where there are as many. */
  #join(n: number): void {
    const parts = [this.#current.subarray(this.#at)]
    let size = parts[0].length
    while (size < n) {
      const next = this.#rest.shift() as Uint8Array
      this.#waiting -= next.length
      parts.push(next)
      size += next.length
    }
    const joined = new Uint8Array(size)
    let at = 0
    for (const part of parts) {
      joined.set(part, at)
      at += part.length
    }
    this.#current = joined
    this.#at = 0
  }
}

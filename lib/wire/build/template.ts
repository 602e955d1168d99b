// template(): a packet made once, to be copied into many.
import type { At } from '../at.js'
import { type Bytes, isPlain, set8 } from '../bytes.js'
import { type Content, fill } from './fill.js'

const SHORTEST = 60 // bytes of an Ethernet frame without its check sequence

/** A packet made once: put() copies it into a packet, setters then change what differs. */
export class Template {
  /** The packet's bytes. */
  readonly bytes: Uint8Array
  /** Its number for the accessors, which is that of every copy. */
  readonly at: At

  constructor(bytes: Uint8Array, at: At) {
    this.bytes = bytes
    this.at = at
  }

  /**
   * Copies the template to the packet's first bytes; what does not fit is left out. Allocates nothing. @returns its
   * `at`
   */
  put(p: Bytes): At {
    if (!isPlain(p)) p.set(this.bytes)
    else for (let k = 0; k < this.bytes.length; k++) set8(p, k, this.bytes[k])
    return this.at
  }
}

/**
 * Makes a template as fill() makes a packet, `length` bytes long.
 * @throws ERR_BAD_OPTION, ERR_BAD_ADDRESS
 */
export function template(path: string, content: Content = {}, length = SHORTEST): Template {
  const bytes = new Uint8Array(length)
  return new Template(bytes, fill(bytes, path, content))
}

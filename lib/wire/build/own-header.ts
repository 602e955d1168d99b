// header(): accessors for a header that the table has not, by name and byte.
import { RxburstError } from '../../errors.js'
import type { At } from '../at.js'
import { type Bytes, u8 as read8, u16 as read16, u32 as read32 } from '../bytes.js'
import { payloadPlace } from '../layers.js'
import { segment8, segment16, segment32 } from '../write.js'

/** A field of one's own: its first byte, counted from the header's, and its bits. */
export interface OwnField {
  /** Its first byte in the header. */
  readonly byte: number
  /** Its width. */
  readonly bits: 8 | 16 | 32
}

const field = (byte: number, bits: 8 | 16 | 32): OwnField => {
  if (Number.isInteger(byte) && byte >= 0 && byte + bits / 8 <= 65535) return { byte, bits }
  throw new RxburstError('ERR_BAD_OPTION', `a field begins at a byte from 0 to 65534, not ${String(byte)}`)
}

/** 8 bits from that byte of the header on. */
export const u8 = (byte: number): OwnField => field(byte, 8)
/** 16 bits in network byte order. */
export const u16 = (byte: number): OwnField => field(byte, 16)
/** 32 bits in network byte order, unsigned. */
export const u32 = (byte: number): OwnField => field(byte, 32)

type Readers<Fields> = { readonly [Name in keyof Fields]: (p: Bytes, at: At) => number }
type Writers<Fields> = {
  readonly [Name in keyof Fields & string as `set${Capitalize<Name>}`]: (
    p: Bytes,
    at: At,
    value: number,
  ) => void
}

/** The result of header(): a function that reads each field, and one that writes it, `id` and `setId`. */
export type OwnHeader<Fields> = Readers<Fields> &
  Writers<Fields> & {
    /** Bytes of the header. */
    readonly BYTES: number
    /** The place of its first byte in the packet. */
    place(p: Bytes, at: At): number
  }

const READ = { 8: read8, 16: read16, 32: read32 }
const WRITE = { 8: segment8, 16: segment16, 32: segment32 }

/**
 * Accessors for a header of one's own, which stands behind UDP, TCP or whatever `begins` says: `header('mine', { kind:
 * u16(0), id: u32(2) })` has `mine.id(p, at)` and `mine.setId(p, at, value)`. Setters keep the checksum of layer 4
 * right.
 * @param begins where it begins: by default behind the header of layer 4
 * @throws ERR_BAD_OPTION
 */
export function header<const Fields extends Readonly<Record<string, OwnField>>>(
  name: string,
  fields: Fields,
  begins: (p: Bytes, at: At) => number = payloadPlace,
): OwnHeader<Fields> {
  const functions: Record<string, unknown> = { BYTES: 0, place: begins }
  let end = 0
  for (const [key, { byte, bits }] of Object.entries(fields)) {
    const setter = `set${key[0]?.toUpperCase()}${key.slice(1)}`
    if (!/^[a-z]\w*$/i.test(key) || key in functions || setter in functions)
      throw new RxburstError(
        'ERR_BAD_OPTION',
        `header ${name}: '${key}' is no name for a field, or is there already`,
      )
    const read = READ[bits]
    const write = WRITE[bits]
    functions[key] = (p: Bytes, at: At) => read(p, begins(p, at) + byte)
    functions[setter] = (p: Bytes, at: At, value: number) => write(p, at, begins(p, at) + byte, value)
    end = Math.max(end, byte + bits / 8)
  }
  functions.BYTES = end
  return Object.create(functions) as OwnHeader<Fields>
}

// What a row of the table of fields says, and the few words that make one.

/** How a field reads: a number below 2^32, a boolean, a signed number, an address, or a run of bytes. */
export type Kind = 'number' | 'signed' | 'flag' | 'ipv4' | 'ipv6' | 'mac' | 'bytes'

/** A field of a header, as a row of the table. */
export interface Field {
  /** The RFC's name in camelCase: the accessor's name. */
  readonly name: string
  /** First bit, counted from the header's first bit as in the RFC's picture. */
  readonly bit: number
  /** Bits. */
  readonly width: number
  /** How it reads. */
  readonly kind: Kind
  /** Wireshark's name of it; '' where Wireshark has none. */
  readonly wireshark: string
  /** Wireshark's value is the field times this: lengths in bytes instead of words. */
  readonly times: number
  /** RFC and section, where they are not the header's. */
  readonly source: string
  /** One sentence for the reader of the docstring, or ''. */
  readonly note: string
}

/**
 * Where a header begins: at a layer that `at` names, at the n-th tag or label, or at a place that another function
 * found.
 * `payload` is behind the UDP header.
 */
export type Start = 'ethernet' | 'vlan' | 'mpls' | 'network' | 'transport' | 'payload' | 'place'

/** The checksum that a setter keeps right: the one that covers the header. */
export type Covered = 'none' | 'ipv4' | 'transport'

/** A header, as the table has it. */
export interface Header {
  /** Its namespace in rxburst/wire. */
  readonly name: string
  /** Its usual name. */
  readonly title: string
  /** RFC and section. */
  readonly source: string
  /** Where it begins. */
  readonly start: Start
  /** The checksum that its setters keep right. */
  readonly covered: Covered
  /** Bytes of its fixed part. */
  readonly bytes: number
  /** Its fields, in the order of the RFC's picture. */
  readonly fields: readonly Field[]
}

interface FieldOptions {
  kind?: Kind
  times?: number
  source?: string
  note?: string
}

/** A field: its kind is a flag where it has one bit, else a number. */
export const field = (
  name: string,
  bit: number,
  width: number,
  wireshark: string,
  { kind = width === 1 ? 'flag' : 'number', times = 1, source = '', note = '' }: FieldOptions = {},
): Field => ({ name, bit, width, kind, wireshark, times, source, note })

export const header = (
  name: string,
  title: string,
  source: string,
  [start, covered, bytes]: readonly [Start, Covered, number],
  fields: readonly Field[],
): Header => ({ name, title, source, start, covered, bytes, fields })

// Frames for net_null, whose packets are empty: four kinds of UDP packet, with lengths that hold and checksums that
// were computed.
const MAC = '020000000002020000000001'
const UDP = '0400003500120000' // from 1024 to 53, 18 bytes
const EMPTY_UDP = '040000350008a035'
const PAYLOAD = '72786275727374303031'

const ipv4 = (options: string) => {
  const bytes = 20 + options.length / 2
  const total = (bytes + 18).toString(16).padStart(4, '0')
  return `4${(bytes / 4).toString(16)}00${total}0000400040110000c0000201c6336401${options}`
}
const ADDRESSES_6 = '20010db8000000000000000000000001'.repeat(2)

const hex = (text: string) => Uint8Array.from(text.match(/../g)!, (byte) => parseInt(byte, 16))

export const PLAIN = sealed(hex(`${MAC}0800${ipv4('')}${UDP}${PAYLOAD}`), 14, 34)
const VLAN = sealed(hex(`${MAC}810000640800${ipv4('')}${UDP}${PAYLOAD}`), 18, 38)
/** With a timestamp option that has no room for a timestamp. */
const OPTIONS = sealed(hex(`${MAC}0800${ipv4('44040500')}${UDP}${PAYLOAD}`), 14, 38)
/** Without payload, for net_null's packets have 64 bytes. */
const IPV6 = hex(`${MAC}86dd6000000000081140${ADDRESSES_6}${EMPTY_UDP}`)

export const FRAMES: Record<'plain' | 'mixed', readonly Uint8Array[]> = {
  plain: [PLAIN],
  mixed: [PLAIN, VLAN, OPTIONS, IPV6],
}

/** With the checksums of IPv4 and UDP written in. */
function sealed(frame: Uint8Array, network: number, transport: number): Uint8Array {
  const view = new DataView(frame.buffer)
  const sum = (from: number, to: number) => {
    let all = 0
    for (let i = from; i < to; i += 2) all += view.getUint16(i)
    return all
  }
  const folded = (all: number) => {
    while (all > 0xffff) all = (all & 0xffff) + (all >>> 16)
    return all ^ 0xffff
  }
  view.setUint16(network + 10, folded(sum(network, transport)))
  const length = view.getUint16(transport + 4)
  view.setUint16(
    transport + 6,
    folded(sum(network + 12, network + 20) + 17 + length + sum(transport, transport + length)),
  )
  return frame
}

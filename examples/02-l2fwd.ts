// Forwards between two ports; --mode says what becomes of the MAC addresses, in testpmd's words. You will see rx equal
// tx.
//   npx rxburst l2fwd afxdp:rxb-left afxdp:rxb-right --take-all --mode io
import { type BurstHandler, type Context, tx } from 'rxburst'

const forward: BurstHandler = (burst) => burst.setAll(tx(burst.port ^ 1))

/**
 * Destination becomes source and the other way round. A float64 is how JavaScript moves eight bytes at once: nothing is
 * computed with it, so every bit stays. The second one also moves the type that stands behind, which is put back. Any
 * byte order does; `true` is the machine's own on nearly all.
 */
const macswap = ({ memory, u32 }: Context): BurstHandler => {
  const bytes = new DataView(memory.buffer)
  const swap = (at: number) => {
    const destination = bytes.getFloat64(at, true)
    const source = bytes.getFloat64(at + 6, true)
    const type = bytes.getUint16(at + 12, true)
    bytes.setFloat64(at, source, true)
    bytes.setFloat64(at + 6, destination, true)
    bytes.setUint16(at + 12, type, true)
  }
  return (burst) => {
    const { count, offsetIndex } = burst
    const end = offsetIndex + count
    if (!burst.segmented) for (let at = offsetIndex; at < end; at++) swap(u32[at]!)
    else for (let i = 0; i < count; i = burst.endOf(i)) swap(u32[offsetIndex + i]!)
    burst.setAll(tx(burst.port ^ 1))
  }
}

/** Source is the outgoing port's own address; destination is testpmd's default peer, 02:00:00:00:00:port. */
const mac = ({ memory, u32, ports }: Context): BurstHandler => {
  const bytes = new DataView(memory.buffer)
  const headers = ports.map(
    ({ index, mac = new Uint8Array(6) }) => new DataView(Uint8Array.of(2, 0, 0, 0, 0, index, ...mac).buffer),
  )
  return (burst) => {
    const { count, offsetIndex, port } = burst
    const header = headers[port ^ 1]!
    const first = header.getInt32(0)
    const second = header.getInt32(4)
    const third = header.getInt32(8)
    for (let i = 0; i < count; i = burst.endOf(i)) {
      const at = u32[offsetIndex + i]!
      bytes.setInt32(at, first)
      bytes.setInt32(at + 4, second)
      bytes.setInt32(at + 8, third)
    }
    burst.setAll(tx(port ^ 1))
  }
}

export default (context: Context<{ mode?: 'io' | 'mac' | 'macswap' } | undefined>): BurstHandler => {
  const mode = context.data?.mode ?? 'io'
  return mode === 'mac' ? mac(context) : mode === 'macswap' ? macswap(context) : forward
}

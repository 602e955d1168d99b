// Forwards between two ports; --mode says what becomes of the MAC addresses, in testpmd's words. You will see rx equal tx.
//   npx rxburst l2fwd afxdp:rxb-left afxdp:rxb-right --take-all --mode io
import { type BurstHandler, type Context, tx } from 'rxburst'

const forward: BurstHandler = (burst) => burst.setAll(tx(burst.port ^ 1))

/** Destination becomes source and the other way round: three words of 32 bits, in any byte order; signed ones are quicker. */
const macswap = ({ memory }: Context): BurstHandler => {
  const i32 = new Int32Array(memory.buffer)
  const swap = (at: number) => {
    const o = at >> 2
    const a = i32[o]
    const b = i32[o + 1]
    const c = i32[o + 2]
    i32[o] = (b >>> 16) | (c << 16)
    i32[o + 1] = (c >>> 16) | (a << 16)
    i32[o + 2] = (a >>> 16) | (b << 16)
  }
  return (burst) => {
    const { offset, count } = burst
    if (!burst.segmented) for (let i = 0; i < count; i++) swap(offset[i])
    else for (let i = 0; i < count; i = burst.endOf(i)) swap(offset[i])
    burst.setAll(tx(burst.port ^ 1))
  }
}

/** Source is the outgoing port's own address; destination is testpmd's default peer, 02:00:00:00:00:port. */
const mac = ({ u8, ports }: Context): BurstHandler => {
  const addresses = ports.map(({ index, mac = new Uint8Array(6) }) =>
    Uint8Array.of(2, 0, 0, 0, 0, index, ...mac),
  )
  return (burst) => {
    const { offset, count, port } = burst
    const header = addresses[port ^ 1]
    for (let i = 0; i < count; i = burst.endOf(i)) {
      const o = offset[i]
      for (let k = 0; k < 12; k++) u8[o + k] = header[k]
    }
    burst.setAll(tx(port ^ 1))
  }
}

export default (context: Context<{ mode?: 'io' | 'mac' | 'macswap' } | undefined>): BurstHandler => {
  const mode = context.data?.mode ?? 'io'
  return mode === 'mac' ? mac(context) : mode === 'macswap' ? macswap(context) : forward
}

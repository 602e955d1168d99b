// header(): accessors for what the table has not; setters keep the checksum.
import { fill, header, payloadPlace, transportChecksumOk, u8, u16, u32 } from 'rxburst/wire'
import t from 'tap'

const mine = header('mine', { kind: u16(0), id: u32(2), last: u8(6) })

t.test('reads and writes behind UDP', async (t) => {
  const p = new Uint8Array(80)
  const at = fill(p, 'ethernet/ipv4/udp', { payload: [0, 1, 0xff, 0, 0, 2, 9, 0] })
  t.same([mine.kind(p, at), mine.id(p, at), mine.last(p, at), mine.BYTES], [1, 0xff000002, 9, 7])
  mine.setKind(p, at, 77)
  mine.setId(p, at, 0xfffffffe)
  mine.setLast(p, at, 200)
  t.same([mine.kind(p, at), mine.id(p, at), mine.last(p, at)], [77, 0xfffffffe, 200])
  t.ok(transportChecksumOk(p, at), 'the checksum followed')
  t.equal(mine.place(p, at), 42)
})

t.test('stands where it is said', async (t) => {
  const second = header('second', { value: u8(0) }, (p, at) => payloadPlace(p, at) + mine.BYTES)
  const p = new Uint8Array(90)
  const at = fill(p, 'ethernet/ipv6/tcp', { payload: [0, 0, 0, 0, 0, 0, 0, 5] })
  t.equal(second.value(p, at), 5)
})

t.test('outside the packet it reads 0', async (t) => {
  const p = new Uint8Array(44)
  const at = fill(p, 'ethernet/ipv4/udp')
  mine.setId(p, at, 1)
  t.equal(mine.id(p, at), 0)
})

t.test('wrong names and places', async (t) => {
  const refused = (fields: Record<string, { byte: number; bits: 8 }>) => {
    try {
      header('wrong', fields)
      return 'taken'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  t.equal(refused({ 'a b': u8(0) as never }), 'ERR_BAD_OPTION')
  t.equal(refused({ place: u8(0) as never }), 'ERR_BAD_OPTION')
  t.throws(() => u8(-1), { code: 'ERR_BAD_OPTION' })
  t.throws(() => u32(1.5), { code: 'ERR_BAD_OPTION' })
})

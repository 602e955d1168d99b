// Random steps on random packets: the bytes are those that the setters of rxburst/wire and a full computation of all
// checksums give. RXBURST_SEED repeats a run, RXBURST_ROUNDS makes it longer.
import { dnat, endpoint, PARAM, type Step, setMac, snat, ttl, tx, vlanPop, vlanPush } from 'rxburst'
import { ethernet, ipv4, ipv6, is, locate, parseIp, setChecksums, tcp, udp } from 'rxburst/wire'
import t from 'tap'
import {
  execute,
  KINDS,
  type Kind,
  packetOf,
  type Random,
  randomOf,
  seedOfRun,
  withoutTag,
  withTag,
} from '../fixtures/flows/actions.js'

const rounds = Number(process.env.RXBURST_ROUNDS ?? 120)
const OUT = tx(3)

/** A step, and the same written by other code. */
interface Both {
  step: Step
  param?: number
  model: (packet: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>
}
type Maker = (r: Random, kind: Kind) => Both

const MACS = [0x020000001234, 0x02abcdef0102] as const
const set =
  (change: (p: Uint8Array, at: ReturnType<typeof locate>) => void) => (packet: Uint8Array<ArrayBuffer>) => {
    change(packet, locate(packet))
    return packet
  }
const four = (r: Random) => `10.${r.int(256)}.${r.int(256)}.${r.int(256)}`
const six = (r: Random) => `2001:db8::${r.int(65536).toString(16)}:${r.int(65536).toString(16)}`

function writeAddress(
  p: Uint8Array,
  at: ReturnType<typeof locate>,
  end: 'Source' | 'Destination',
  ip: string,
) {
  const address = parseIp(ip)
  if (typeof address === 'number') ipv4[`set${end}`](p, at, address)
  else ipv6[`set${end}`](p, at, ...(address as unknown as [number, number, number, number]))
}

function writePort(
  p: Uint8Array,
  at: ReturnType<typeof locate>,
  end: 'Source' | 'Destination',
  port: number,
) {
  if (is.tcp(at)) tcp[`set${end}Port`](p, at, port)
  else udp[`set${end}Port`](p, at, port)
}

const translation =
  (which: 'dnat' | 'snat'): Maker =>
  (r, { family, layer4 }) => {
    const end = which === 'dnat' ? 'Destination' : 'Source'
    const make = which === 'dnat' ? dnat : snat
    const ip = family === 4 ? four(r) : six(r)
    const port = r.int(65536)
    const how = layer4 === 'icmp' ? 0 : r.int(family === 4 ? 5 : 3)
    const address = how !== 1
    const ports = how === 1 || how === 2 || how === 3
    return {
      step:
        how === 3
          ? make(PARAM)
          : how === 4
            ? make({ ip: PARAM })
            : make({ ...(address && { ip }), ...(ports && { port }) }),
      ...(how >= 3 && { param: endpoint(ip, port) }),
      model: set((p, at) => {
        if (address) writeAddress(p, at, end, ip)
        if (ports) writePort(p, at, end, port)
      }),
    }
  }

const MAKERS: Record<string, Maker> = {
  dnat: translation('dnat'),
  snat: translation('snat'),
  ttl: (_, { family }) => ({
    step: ttl(),
    model: set((p, at) =>
      family === 4
        ? ipv4.setTimeToLive(p, at, ipv4.timeToLive(p, at) - 1)
        : ipv6.setHopLimit(p, at, ipv6.hopLimit(p, at) - 1),
    ),
  }),
  setMac: (r) => {
    const both = r.int(2) === 0
    return {
      step: setMac(both ? { dst: MACS[0], src: MACS[1] } : { src: PARAM }),
      ...(!both && { param: MACS[1] }),
      model: set((p) => {
        if (both) ethernet.setDestination(p, MACS[0])
        ethernet.setSource(p, MACS[1])
      }),
    }
  },
  vlanPush: (r) => {
    const tci = r.int(65536)
    return { step: vlanPush(tci), model: (packet) => withTag(packet, tci) }
  },
  vlanPop: () => ({ step: vlanPop(), model: withoutTag }),
}

/** Some of the steps in a random order, of which one may use the parameter; a tag is popped where there is one. */
function randomSteps(r: Random, kind: Kind, names: string[]): Both[] {
  const chosen: Both[] = []
  let tags = kind.tagged ? 1 : 0
  for (const name of names) {
    if (name === 'vlanPop' && tags === 0) continue
    if (name === 'vlanPush') tags++
    if (name === 'vlanPop') tags--
    let made = MAKERS[name](r, kind)
    while (made.param !== undefined && chosen.some(({ param }) => param !== undefined))
      made = MAKERS[name](r, kind)
    chosen.push(made)
  }
  return chosen
}

function check(r: Random, kind: Kind, names: string[]): string {
  const steps = randomSteps(r, kind, names)
  const packet = packetOf(r, kind)
  const param = steps.find((step) => step.param !== undefined)?.param ?? 0
  const front = r.int(2) === 0 ? 32 : 0 // without room in front the packet moves towards the end of its frame
  const { executed, outside, unfit } = execute([...steps.map(({ step }) => step), OUT], [packet], {
    param,
    front,
  })
  let wanted = Uint8Array.from(packet)
  for (const { model } of steps) wanted = model(wanted)
  if (kind.layer4 !== 'udp without checksum') setChecksums(wanted, locate(wanted))
  const bad = outside || unfit > 0 || executed[0].verdict !== OUT
  if (!bad && Buffer.compare(executed[0].packet, wanted) === 0) return ''
  const shown = (p: Uint8Array) => Buffer.from(p).toString('hex')
  return `${JSON.stringify(kind)} ${names}: outside ${outside}, unfit ${unfit}\n${shown(packet)}\n${shown(executed[0].packet)}\n${shown(wanted)}`
}

const names = Object.keys(MAKERS)

t.test(`each step alone, seed ${seedOfRun}`, async (t) => {
  const r = randomOf(seedOfRun)
  for (const name of names)
    for (const kind of KINDS) {
      const problems = Array.from({ length: rounds / 4 }, () => check(r, kind, [name])).filter(Boolean)
      t.equal(problems[0], undefined, `${name} on ${JSON.stringify(kind)}`)
    }
})

t.test(`random combinations, seed ${seedOfRun}`, async (t) => {
  const r = randomOf(seedOfRun + 1)
  for (const kind of KINDS) {
    const problems = Array.from({ length: rounds }, () => {
      const some = names.filter(() => r.int(2) === 0).sort(() => r.int(3) - 1)
      return check(r, kind, some)
    })
    t.equal(problems.find(Boolean), undefined, JSON.stringify(kind))
  }
})

t.test('a UDP checksum that comes out as 0 is written as all ones', async (t) => {
  const r = randomOf(seedOfRun + 2)
  const header = packetOf(r, { family: 4, layer4: 'udp', tagged: false }).subarray(0, 42)
  header.set([0, 30, 0, 1], 16) // total length, and the datagram's below
  header[39] = 10
  let ones = 0
  for (let from = 0; from < 65536; from += 16384) {
    const packets = Array.from({ length: 16384 }, (_, i) => {
      const packet = Uint8Array.of(...header, (from + i) >>> 8, i & 0xff)
      setChecksums(packet, locate(packet))
      return packet
    })
    for (const { packet } of execute([snat({ port: 7 }), OUT], packets).executed) {
      const checksum = udp.checksum(packet, locate(packet))
      if (checksum === 0) t.fail(`the payload ${packet.subarray(42)}: a computed 0 is written as 0`)
      if (checksum === 0xffff) ones++
    }
  }
  t.ok(ones >= 1, `${ones} of all payloads make such a sum`)
})

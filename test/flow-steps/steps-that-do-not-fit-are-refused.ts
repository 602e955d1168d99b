// Steps that do not fit together, and arguments that a step can't have: an error with a code that says what is
// possible. Native code refuses the same, whatever wrote the bytes.
import {
  DROP,
  dnat,
  encap,
  endpoint,
  KEEP,
  meter,
  mirror,
  PARAM,
  PASS,
  peek,
  type RxburstError,
  SHOW,
  setMac,
  snat,
  ttl,
  tx,
  vlanPop,
  vlanPush,
} from 'rxburst'
import t, { type Test } from 'tap'
import { encodeSteps } from '../../dist/lib/flows/action-code.js'
import { native } from '../../dist/lib/native.js'

function refuses(t: Test, code: string, says: RegExp, make: () => unknown) {
  const name = make.toString().replaceAll(/\s+/g, ' ').slice(6)
  try {
    make()
    t.fail(`${name} is taken`)
  } catch (error) {
    const { code: found, message } = error as RxburstError
    t.equal(found, code, `${name}: ${message}`)
    t.match(message, says)
  }
}

// Verdicts of the package's own types, for code of dist.
const action = (...steps: unknown[]) => encodeSteps(steps as never)
const headers = new Uint8Array(50)

t.test('steps that do not fit together', async (t) => {
  const bad = (says: RegExp, make: () => unknown) => refuses(t, 'ERR_BAD_ACTION', says, make)
  bad(/needs an end.*DROP, PASS, tx\(port\) and SHOW/, () => action())
  bad(/needs an end/, () => action(ttl()))
  bad(/one end, not tx\(1\) and DROP/, () => action(tx(1), DROP))
  bad(/one end, not tx\(1\) and tx\(2\); use mirror/, () => action(tx(1), ttl(), tx(2)))
  bad(/nothing stands behind it/, () => action(SHOW, ttl()))
  bad(/no step of an action: DROP, PASS/, () => action(KEEP))
  bad(/undefined is no step/, () => action(undefined, DROP))
  bad(/no step/, () => action({ name: 'ttl' }, DROP))
  bad(/up to 8 steps/, () => action(...Array.from({ length: 9 }, () => setMac({ src: 1 })), DROP))
  bad(/one step of ttl/, () => action(ttl(), ttl(), DROP))
  bad(/one step of meter/, () => action(meter({ pps: 1, burst: 1 }), meter({ pps: 1, burst: 1 }), DROP))
  bad(/PARAM is used once/, () => action(dnat(PARAM), snat(PARAM), DROP))
  bad(/PARAM is used once/, () => action(setMac({ src: PARAM, dst: PARAM }), DROP))
  bad(/pops one tag more/, () => action(vlanPop(), vlanPop(), DROP))
  bad(/dnat\(\) stands behind encap/, () => action(encap(headers), dnat({ port: 1 }), DROP))
  t.equal(
    action(vlanPush(1), vlanPop(), vlanPop(), setMac({ src: 1 }), PASS).text,
    'vlanPush, vlanPop, vlanPop, setMac, PASS',
  )
  t.equal(
    action(encap(headers), setMac({ src: 1 }), vlanPush(1), tx(1)).text,
    'encap, setMac, vlanPush, tx(1)',
  )
})

t.test('arguments', async (t) => {
  const any = (value: unknown) => value as never
  refuses(t, 'ERR_BAD_OPTION', /no option 'dest'/, () => setMac(any({ dest: 1 })))
  refuses(t, 'ERR_BAD_OPTION', /no option 'address'/, () => dnat(any({ address: '10.0.0.1' })))
  refuses(t, 'ERR_BAD_OPTION', /0 to 65535/, () => dnat({ port: 65536 }))
  refuses(t, 'ERR_BAD_OPTION', /0 to 65535/, () => vlanPush(-1))
  refuses(t, 'ERR_BAD_OPTION', /from 1/, () => peek(0))
  refuses(t, 'ERR_BAD_OPTION', /no option 'rate'/, () => meter(any({ rate: 1, burst: 1 })))
  refuses(t, 'ERR_BAD_OPTION', /burst of meter/, () => meter(any({ pps: 1 })))
  refuses(t, 'ERR_BAD_OPTION', /rate of meter/, () => meter({ pps: Number.NaN, burst: 1 }))
  refuses(t, 'ERR_BAD_OPTION', /an object/, () => dnat(any(null)))
  refuses(t, 'ERR_BAD_ACTION', /given neither/, () => setMac({}))
  refuses(t, 'ERR_BAD_ACTION', /given neither/, () => snat({}))
  refuses(t, 'ERR_BAD_ACTION', /exactly one/, () => meter({ pps: 1, bps: 1, burst: 1 }))
  refuses(t, 'ERR_BAD_ACTION', /14 to 128 bytes/, () => encap(new Uint8Array(13)))
  refuses(t, 'ERR_BAD_ACTION', /14 to 128 bytes/, () => encap(any('headers')))
  refuses(t, 'ERR_BAD_ACTION', /0 to 63/, () => mirror(64))
  refuses(t, 'ERR_BAD_ACTION', /0 to 63/, () => mirror(any(undefined)))
  refuses(t, 'ERR_BAD_ADDRESS', /2001:db8::1/, () => dnat({ ip: '10.0.0.256' }))
  refuses(t, 'ERR_BAD_ADDRESS', /a MAC/, () => setMac({ dst: '02:00' }))
  refuses(t, 'ERR_BAD_ADDRESS', /no room for IPv6/, () => endpoint('2001:db8::1', 80))
  refuses(t, 'ERR_BAD_OPTION', /0 to 65535/, () => endpoint('10.0.0.1', 65536))
  t.equal(endpoint('10.0.0.1', 80), 0x0a00_0001 * 65536 + 80)
  t.equal(endpoint(0x0a00_0001), endpoint('10.0.0.1', 0))
})

t.test('equal steps have equal keys', async (t) => {
  const one = action(dnat({ port: 80, ip: '10.0.0.1' }), setMac({ dst: '02:00:00:00:00:01' }), tx(1))
  const other = action(dnat({ ip: '10.0.0.1', port: 80 }), setMac({ dst: [2, 0, 0, 0, 0, 1] }), tx(1))
  t.equal(one.key, other.key)
  t.not(one.key, action(dnat({ ip: '10.0.0.1', port: 81 }), setMac({ dst: 1 }), tx(1)).key)
  t.not(action(dnat({ ip: '10.0.0.1' }), DROP).key, action(snat({ ip: '10.0.0.1' }), DROP).key)
  t.match(action(mirror(3), dnat(PARAM), tx(1)), { param: true, passes: false, shows: false, ports: [3, 1] })
  t.match(action(PASS), { param: false, passes: true, ports: [] })
  t.match(action(SHOW), { shows: true, text: 'SHOW' })
})

t.test('native code believes no byte', async (t) => {
  const execute = (code: Uint8Array) =>
    native.testing.executeAction({
      code,
      packets: new Uint8Array(60),
      lengths: Uint32Array.of(60),
      front: 0,
      behind: 0,
      param: 0,
      stepNs: 0,
      shown: false,
    })
  const record = (...bytes: number[]) => Uint8Array.from({ length: 24 }, (_, i) => bytes[i] ?? 0)
  const end = record(255, 0, 0, 0, 0, 16)
  const code = (...records: Uint8Array[]) => Uint8Array.from(records.flatMap((each) => [...each]))
  const bad = (says: RegExp, ...records: Uint8Array[]) =>
    refuses(t, 'ERR_BAD_ACTION', says, () => execute(code(...records)))
  t.equal(execute(end).verdicts[0], 16)
  bad(/no end/)
  bad(/no end/, end.subarray(0, 23))
  bad(/goes on behind its end/, end, end)
  bad(/no verdict/, record(255, 0, 0, 0, 0, 2))
  bad(/no verdict/, record(255, 0, 0, 0, 0, 80))
  bad(/no known kind/, record(0), end)
  bad(/no known kind/, record(11), end)
  bad(/more than 8/, ...Array.from({ length: 9 }, () => record(5)), end)
  bad(/no MAC/, record(1), end)
  bad(/no MAC, or more/, record(1, 4), end)
  bad(/no address/, record(2), end)
  bad(/no family/, record(2, 1, 0, 5), end)
  bad(/no room/, record(2, 1, 1, 6), end)
  bad(/does not set/, record(2, 2, 1, 4), end)
  bad(/parameter twice/, record(5, 0, 1), record(5, 0, 1), end)
  bad(/TTL twice/, record(4), record(4), end)
  bad(/is cut/, record(7, 0, 0, 0, 0, 50), new Uint8Array(49))
  bad(/14 or more/, record(7, 0, 0, 0, 0, 13), new Uint8Array(13), end)
  bad(/more than 128/, record(7, 0, 0, 0, 0, 129), new Uint8Array(129), end)
  bad(/covered/, record(7, 0, 0, 0, 0, 14), new Uint8Array(14), record(4), end)
  bad(/rate or burst/, record(8), end)
  bad(/beyond the last/, record(9, 0, 0, 0, 0, 64), end)
  bad(/0th/, record(10), end)
  const random = () =>
    Uint8Array.from({ length: 24 * 4 }, () => (Math.random() < 0.7 ? 0 : Math.random() * 256))
  let taken = 0
  for (let i = 0; i < 20_000; i++) {
    const noise = code(random(), end)
    for (let at = 0; at < 96; at += 24) noise[at] = 1 + Math.random() * 10
    try {
      if (execute(noise).outside) t.fail(`written outside: ${noise}`)
      taken++
    } catch (error) {
      if ((error as RxburstError).code !== 'ERR_BAD_ACTION') throw error
    }
  }
  t.ok(taken > 100, `${taken} of 20000 random actions mean something`)
})

// Spreads TCP connections to one address over back ends, by Maglev, and lets each keep its own. The list of back ends
// stands in a file. Take one out, and its connections stay while new ones go to the others.
//   echo '[{"ip":"10.77.0.2","mac":"02:72:78:62:00:02"}]' > ends.json
//   npx rxburst run examples/15-load-balancer.ts afxdp:rxb-left afxdp:rxb-right --take-all --data
// '{"ip":"10.77.0.100","file":"ends.json"}'
//   ip -n rxburst-left neigh replace 10.77.0.100 lladdr 02:72:78:62:00:64 dev eth0; ip netns exec rxburst-left curl
// 10.77.0.100:8000
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Action, BurstHandler, Context } from 'rxburst'
import { DROP, dnat, perPacket, SHOW, setMac, snat, tx } from 'rxburst'
import { flowHash, ipv4, is, locate, Maglev, parseIpv4, ports, tcp } from 'rxburst/wire'

type Listed = { ip: string; mac: string }
/** `fresh` is the action of connections that began while the back end was in the list, `old` of those that stay. */
type BackEnd = Listed & { there: boolean; fresh: Action; old: Action }

export default ({ data, flows, signal }: Context<{ ip: string; file: string }>): BurstHandler => {
  const own = parseIpv4(data.ip)
  const connections = flows.shape('5tuple', { tcp: 'blind', idleMs: 300_000 })
  const back = flows.action(snat({ ip: data.ip }), tx(0))
  const ends: BackEnd[] = [] // one that is gone keeps its place, which its flows have as their parameter
  const maglev = Maglev.create()
  const hash = flowHash()
  const steps = ({ ip, mac }: Listed) => [setMac({ dst: mac }), dnat({ ip }), tx(1)] as const

  function read(): void {
    const listed = JSON.parse(readFileSync(data.file, 'utf8')) as Listed[]
    for (const one of listed) {
      const end = ends.find(({ ip }) => ip === one.ip)
      const old = flows.action(dnat({ ip: one.ip }), setMac({ dst: one.mac }), tx(1))
      if (!end) ends.push({ ...one, there: true, fresh: flows.action(...steps(one)), old })
      else if (!end.there) end.fresh.set(...steps(one))
    }
    for (const end of ends) {
      const there = listed.some(({ ip }) => ip === end.ip)
      if (end.there && !there) end.fresh.set(SHOW) // each of its flows is decided again, by one write
      end.there = there
    }
    maglev.set(ends.map(({ ip, there }) => (there ? ip : null)))
  }
  read()
  watchFile(data.file, { interval: 200 }, read)
  signal.addEventListener('abort', () => unwatchFile(data.file))

  return perPacket((packet) => {
    const at = locate(packet)
    const ours = packet.port === 0 && is.tcp(at) && is.ipv4(at) && ipv4.destination(packet, at) === own
    if (!ours) return tx(packet.port ^ 1)
    const both = ports(packet, at)
    const known = tcp.syn(packet, at) ? null : connections.find(packet)
    const chosen =
      known?.param ?? maglev.lookup(hash.ipv4(ipv4.source(packet, at), own, both >>> 16, both & 0xffff))
    const end = ends[chosen]
    return end ? connections.add(packet, end.there ? end.fresh : end.old, chosen, back) : DROP
  })
}

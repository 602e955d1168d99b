// An option that a backend takes is in its type, and no other is: an editor offers what open() takes.
import {
  type AfxdpOptions,
  type BackendOptions,
  type CommonOptions,
  type DpdkOptions,
  type LoopOptions,
  open,
  type PacketOptions,
  type PcapOptions,
  type SocketOptions,
} from 'rxburst'
import t from 'tap'
import '../../dist/lib/errors.js'
import { native } from '../../dist/lib/native.js'

/** Every key of a type; the compiler refuses a list that has one too few or one too many. */
type Keys<Options> = Record<Exclude<keyof Options, keyof CommonOptions>, true>

const afxdp: Keys<AfxdpOptions> = {
  mode: true,
  xdp: true,
  ring: true,
  timestamps: true,
  promiscuous: true,
  pluginSocket: true,
  xskmap: true,
}
const socket: Keys<SocketOptions> = {
  fanout: true,
  qdiscBypass: true,
  promiscuous: true,
  receiveBufferBytes: true,
  busyPollUs: true,
  preferBusyPoll: true,
  vlanTags: true,
}
const packet: Keys<PacketOptions> = {
  fanout: true,
  qdiscBypass: true,
  promiscuous: true,
  outgoing: true,
  ringBytes: true,
  blockBytes: true,
  blockTimeoutMs: true,
}
const dpdk: Keys<DpdkOptions> = {
  eal: true,
  mtu: true,
  promiscuous: true,
  rss: true,
  rssKey: true,
  rssTable: true,
  rxDescriptors: true,
  txDescriptors: true,
  isolated: true,
  memory: true,
}
const loop: Keys<LoopOptions> = { peer: true }
const pcap: Keys<PcapOptions> = { to: true, loop: true }
const common: Record<keyof CommonOptions, true> = {
  queues: true,
  takeAll: true,
  steer: true,
  pass: true,
  fragments: true,
  steering: true,
  segments: true,
  onLost: true,
  require: true,
}
const own: Record<keyof BackendOptions, object> = { afxdp, dpdk, loop, packet, pcap, socket }

for (const [backend, options] of Object.entries(own)) {
  const name = `${backend}:${backend === 'dpdk' ? 'net_null0' : 'lo'}`
  t.test(`${backend}:`, { skip: native.backends.problem(name) }, async (t) => {
    const known = native.backends
      .of(name)!
      .options.map(({ key }) => key)
      .filter((key) => !(key in common))
    t.same(Object.keys(options).sort(), known.sort())
  })
}

t.test('the common ones', async (t) => {
  const error = await open('loop:a', { nothing: true } as never).catch((error: Error) => error)
  const known = /It takes (.*)\./.exec((error as Error).message)?.[1]?.split(', ')
  t.same(new Set(known), new Set([...Object.keys(common), 'peer']))
})

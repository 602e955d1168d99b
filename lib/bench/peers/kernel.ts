// Peers inside the kernel: rules and programs that work where packets arrive. There they get a core of their own too:
// the interface's receive work runs in a thread (threaded NAPI) on the receiver's CPU.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Program } from '../children/process.js'
import { type Contestant, Missing, type Running } from '../contestants/contestant.js'
import { RECEIVER_CPU } from '../contestants/ours.js'
import { type BenchLab, command, PORT } from '../environment/lab.js'
import { nativeBench } from '../native.js'

const THREADED = (dev: string) => `/sys/class/net/${dev}/threaded`

function installed(program: string, install: string): void {
  if (spawnSync(program, ['--version']).error) throw new Missing(`${program} is not installed`, install)
}

/** Moves the interface's receive work into a thread on the receiver's CPU, or back into the sender's. */
export function ownCore(dev: string, on: boolean): void {
  if (!existsSync(THREADED(dev))) return
  writeFileSync(THREADED(dev), on ? '1' : '0')
  if (!on) return
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const name = existsSync(`/proc/${pid}/comm`) ? readFileSync(`/proc/${pid}/comm`, 'utf8') : ''
    if (name.startsWith(`napi/${dev}`.slice(0, 15)))
      spawnSync('taskset', ['-p', '-c', String(RECEIVER_CPU), pid])
  }
}

function counted(read: () => number, stop: () => void | Promise<void>): Running {
  return {
    async measure(ms) {
      const before = read()
      const from = performance.now()
      await sleep(ms)
      return { packets: read() - before, seconds: (performance.now() - from) / 1e3 }
    },
    stop: async () => stop(),
    // The kernel works on what arrives: without traffic there is nothing to stop.
    pause() {},
    resume() {},
  }
}

const row = (name: string, does: string, backend: string, mode: string) =>
  ({ name, does, kind: 'peer', runtime: 'c', backend, mode, api: 'none', burst: 64 }) as const

/** nftables in the raw hook, before connection tracking. */
export function nftDrop({ name: table, near, nearAddress }: BenchLab): Contestant {
  const drops = () => {
    const text = command(`nft -j list table ip ${table}`)
    return Number(/"packets":\s*(\d+)/.exec(text)?.[1] ?? 0)
  }
  return {
    ...row(
      'nft raw drop',
      'matches the destination address, counts, drops; the kernel makes an skb of each',
      'nft',
      'drop',
    ),
    async start() {
      installed('nft', 'apt-get install nftables')
      command(`nft add table ip ${table}`)
      command(`nft add chain ip ${table} raw { type filter hook prerouting priority raw; }`)
      command(`nft add rule ip ${table} raw ip daddr ${nearAddress} counter drop`)
      ownCore(near, true)
      return counted(drops, () => {
        ownCore(near, false)
        command(`nft delete table ip ${table}`)
      })
    },
  }
}

/** Frames that an XDP program has dropped on the near end. */
export const xdpDrops = (near: string) =>
  [...command(`ethtool -S ${near}`).matchAll(/rx_queue_\d+_xdp_drops: (\d+)/g)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  )

/** XDP_DROP: nothing is faster on Linux. */
export function xdpDrop({ near }: BenchLab): Contestant {
  return {
    ...row('XDP_DROP', 'two instructions in the driver, touches nothing', 'xdp', 'drop'),
    async start() {
      const program = new (nativeBench().XdpDrop)(near)
      ownCore(near, true)
      return counted(
        () => xdpDrops(near),
        () => {
          ownCore(near, false)
          program.close()
        },
      )
    },
  }
}

/** The same by xdp-tools. */
export function xdpBenchDrop({ near }: BenchLab): Contestant {
  return {
    ...row('xdp-bench drop', 'XDP_DROP in the driver, touches nothing, counts', 'xdp-bench', 'drop'),
    async start() {
      installed('xdp-bench', 'apt-get install xdp-tools')
      const program = new Program(['xdp-bench', 'drop', '-m', 'native', near])
      try {
        await program.says(/Dropping packets|Hit Ctrl|drop\/s|Summary/i, 5000)
      } catch (error) {
        await program.end('SIGINT')
        throw error
      }
      ownCore(near, true)
      return counted(
        () => xdpDrops(near),
        async () => {
          ownCore(near, false)
          await program.end('SIGINT')
        },
      )
    },
  }
}

/** xdp-tools' filter: its maps are pinned in a mount namespace of its own, and go with the shell that lives there. */
export function xdpFilter({ near }: BenchLab): Contestant {
  const load = `xdp-filter load -m native -f udp ${near} && xdp-filter port -m dst ${PORT}`
  return {
    ...row(
      'xdp-filter',
      'reads the headers, looks the destination port up in a map, counts, drops',
      'xdp-filter',
      'drop',
    ),
    async start() {
      installed('xdp-filter', 'apt-get install xdp-tools')
      const program = new Program([
        ...['unshare', '-m', 'sh', '-c'],
        `mount -t bpf bpf /sys/fs/bpf && ${load} && echo loaded && exec sleep infinity`,
      ])
      const stop = async () => {
        ownCore(near, false)
        command(`ip link set dev ${near} xdp off`)
        await program.end()
      }
      try {
        await program.says(/loaded/)
      } catch (error) {
        await stop()
        throw error
      }
      ownCore(near, true)
      return counted(() => xdpDrops(near), stop)
    },
  }
}

/** The kernel's own forwarder between the two near ends. */
export function bridge({ name: lab, near, out, forwarded }: BenchLab, toMac: string): Contestant {
  const name = `${lab}-br`
  return {
    ...row(
      'kernel bridge',
      'looks up the destination in its table; the kernel makes an skb of each',
      'bridge',
      'io',
    ),
    async start() {
      command(`ip link add ${name} type bridge`)
      for (const dev of [near, out]) command(`ip link set ${dev} master ${name}`)
      command(`ip link set ${name} up`)
      command(`bridge fdb add ${toMac} dev ${out} master static`)
      ownCore(near, true)
      return counted(forwarded, () => {
        ownCore(near, false)
        command(`ip link delete ${name}`)
      })
    },
  }
}

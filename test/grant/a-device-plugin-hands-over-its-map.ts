// The AF_XDP device plugin for Kubernetes hands over an XSKMAP by its Unix socket, or pins it: the port needs no
// program of its own.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'
import { until } from '../fixtures/plane.js'

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/grant/${name}`, import.meta.url))

/** Starts a process; `lines` is what it has said. */
function start(t: Test, ...command: string[]) {
  const [program] = command
  // Without the runner's hooks: they would write where a process without privilege may not.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', ...command], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => lines.push(line))
  t.teardown(() => child.kill('SIGKILL'))
  return Object.assign(child, {
    lines,
    said: (n = 1) => until(`${program} says something`, () => lines.length >= n),
  })
}

t.test('a pod', { skip: noLab }, async (t) => {
  const veth = pair(t)
  const { near } = veth
  veth.far(
    'ip',
    'neigh',
    'add',
    veth.nearAddress,
    'lladdr',
    '02:00:00:00:00:07',
    'dev',
    'eth0',
    'nud',
    'permanent',
  )
  const folder = mkdtempSync(join(tmpdir(), 'rxburst-plugin-'))
  execFileSync('chmod', ['755', folder])
  const socket = join(folder, 'afxdp.sock')
  const pinned = join(folder, 'bpf', 'map')
  execFileSync('sh', ['-c', `mkdir ${folder}/bpf && mount -t bpf -o mode=755 none ${folder}/bpf`])
  t.teardown(() => {
    execFileSync('umount', ['-l', join(folder, 'bpf')])
    rmSync(folder, { recursive: true })
  })
  const cni = start(t, process.execPath, fixture('plugin-program.mjs'), `afxdp:${near}`)
  await cni.said()
  execFileSync('bpftool', ['map', 'pin', 'id', cni.lines[0], pinned])
  execFileSync('chmod', ['666', pinned])
  const plugin = start(t, 'python3', fixture('device-plugin.py'), socket, hostname(), near, pinned)
  await plugin.said()

  // What a pod has: CAP_NET_RAW for the sockets, and enough locked memory.
  const pod = (options: object) => {
    const capabilities = '+net_raw,+ipc_lock'
    const as = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      `--inh-caps=-all,${capabilities}`,
      `--ambient-caps=-all,${capabilities}`,
    ]
    return start(
      t,
      'setpriv',
      ...as,
      process.execPath,
      fixture('granted.mjs'),
      `afxdp:${near}`,
      JSON.stringify(options),
    )
  }
  for (const [how, options] of [
    ['by its socket', { pluginSocket: socket }],
    ['by a pinned map', { xskmap: pinned }],
  ] as const)
    await t.test(how, async (t) => {
      const program = pod(options)
      await program.said(2)
      t.match(JSON.parse(program.lines[1]), {
        running: [],
        mode: 'copy',
        xdp: 'native',
        columns: ['checksum'],
      })
      veth.far('bash', '-c', `for i in 1 2 3 4 5; do echo x > /dev/udp/${veth.nearAddress}/9; done`)
      const next = async (order: string) => {
        const heard = program.lines.length
        program.stdin.write(`${order}\n`)
        await program.said(heard + 1)
        return JSON.parse(program.lines[heard])
      }
      await until('the packets come', async () => (await next('count')).rx >= 5)
      t.match(await next('set udp'), { code: 'ERR_STEER', message: /another process/ })
      t.same(await next('close'), { closed: true, audit: true })
    })
  await plugin.said(5)
  t.same(plugin.lines.slice(1), [`/connect,${hostname()}`, '/version', `/xsk_map_fd,${near}`, '/fin'])

  await t.test('what is pinned there is no XSKMAP', async (t) => {
    const other = join(folder, 'bpf', 'other')
    execFileSync('bpftool', [
      'map',
      'create',
      other,
      'type',
      'array',
      'key',
      '4',
      'value',
      '4',
      'entries',
      '1',
      'name',
      'other',
    ])
    execFileSync('chmod', ['666', other])
    const program = pod({ xskmap: other })
    await program.said(2)
    t.match(JSON.parse(program.lines[1]), { code: 'ERR_GRANT', message: /no XSKMAP/ })
  })

  await t.test('a pod that it does not know, and nobody at the socket', async (t) => {
    const stranger = start(
      t,
      'python3',
      fixture('device-plugin.py'),
      join(folder, 'other.sock'),
      'another-pod',
      near,
      pinned,
    )
    await stranger.said()
    for (const [pluginSocket, named] of [
      [join(folder, 'other.sock'), /does not know the pod/],
      [join(folder, 'none.sock'), /nobody listens at/],
    ] as const) {
      const program = pod({ pluginSocket })
      await program.said(2)
      t.match(JSON.parse(program.lines[1]), { code: 'ERR_GRANT', message: named })
    }
  })
})

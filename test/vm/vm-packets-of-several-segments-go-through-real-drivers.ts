// Packets of 9000 bytes through the drivers of real NICs, each in frames of 2048 bytes: by AF_XDP where the kernel can
// (6.6), and by DPDK.
import t from 'tap'
import { forwarded, inVm, noVm } from '../fixtures/vm.js'

t.setTimeout(600_000)

t.test('in a virtual machine', { skip: noVm }, async (t) => {
  const facts = await inVm(t, ['e1000e,e1000e', 'virtio,virtio'], 'jumbo.sh')
  const [major, minor] = facts.kernel
  const shown = (name: string, ports: readonly object[]) => {
    forwarded(t, facts, name, ports)
    const { json } = facts.run(name)
    t.ok(json.rx_bytes / json.rx > 3000, `${name}: the packets were long`)
    t.equal(json.copied, 0)
  }

  if (major > 6 || (major === 6 && minor >= 6))
    shown('afxdp', [
      { driver: 'e1000e', xdp: 'generic' },
      { driver: 'virtio_net', xdp: 'native' },
    ])
  else t.match(facts.run('afxdp'), { status: 1, stderr: /that is Linux 6\.6.*ERR_NOT_SUPPORTED/ })

  t.match(facts.run('without'), { status: 1, stderr: /--segments.*ERR_MTU/ })
  shown('dpdk', [{ driver: 'net_e1000_em' }, { driver: 'net_virtio' }])
})

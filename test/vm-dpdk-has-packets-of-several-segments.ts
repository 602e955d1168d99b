// Packets of 9000 bytes through the real PMDs, each in frames of 2048 bytes; and what a kernel before 6.6 says to AF_XDP sockets for them.
import t from 'tap'
import { forwarded, inVm, noVm } from './fixtures/vm.js'

t.setTimeout(600_000)

t.test('in a virtual machine', { skip: noVm }, async (t) => {
  const facts = await inVm(t, ['e1000e,e1000e', 'virtio,virtio'], 'jumbo.sh')
  const [major, minor] = facts.kernel
  if (major < 6 || (major === 6 && minor < 6))
    t.match(facts.run('afxdp'), { status: 1, stderr: /that is Linux 6\.6.*ERR_NOT_SUPPORTED/ })
  t.match(facts.run('without'), { status: 1, stderr: /--segments.*ERR_MTU/ })
  forwarded(t, facts, 'e1000e-virtio', [{ driver: 'net_e1000_em' }, { driver: 'net_virtio' }])
  const { json } = facts.run('e1000e-virtio')
  t.ok(json.rx_bytes / json.rx > 3000, 'the packets were long')
  t.equal(json.copied, 0)
})

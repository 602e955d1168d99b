// AF_XDP on the kernel's drivers of e1000e, virtio-net and vmxnet3: what each port says it got, and packets through it.
import t from 'tap'
import { forwarded, inVm, noVm } from '../fixtures/vm.js'

t.setTimeout(600_000)

t.test('in a virtual machine', { skip: noVm }, async (t) => {
  const facts = await inVm(t, ['e1000e,e1000e', 'virtio,virtio', 'vmxnet3,vmxnet3'], 'afxdp.sh')
  const [major, minor] = facts.kernel
  const vmxnet3 = major > 6 || minor >= 6 ? 'native' : 'generic' // its XDP came with 6.6
  const port = (name: string, driver: string, xdp: string) => ({
    name,
    backend: 'afxdp',
    mode: 'copy',
    driver,
    xdp,
  })

  forwarded(t, facts, 'e1000e-virtio', [
    port('afxdp:nic0', 'e1000e', 'generic'),
    port('afxdp:nic2', 'virtio_net', 'native'),
  ])
  forwarded(t, facts, 'virtio-vmxnet3', [
    port('afxdp:nic2', 'virtio_net', 'native'),
    port('afxdp:nic4', 'vmxnet3', vmxnet3),
  ])
  t.equal(facts.get('e1000e-virtio.promiscuous'), 1, 'takeAll takes what is addressed to others')
  t.equal(facts.get('e1000e-virtio.promiscuous_after'), 0, 'and only while it runs')

  const drop = facts.run('drop')
  t.match(drop.json, { rx: 300, dropped: 300, ports: [{ xdp: 'native' }] }, `drop: ${drop.stderr.trim()}`)

  t.match(facts.run('no-native'), { status: 1, stderr: /e1000e.*no native XDP.*ERR_NOT_SUPPORTED/ })
  t.match(facts.run('no-zero-copy'), { status: 1, stderr: /e1000e.*zero-copy.*ERR_REQUIRE/ })
  t.notMatch(facts.get('killed.link'), /prog\/xdp|promiscuity 1/, 'nothing is left after kill -9')
})

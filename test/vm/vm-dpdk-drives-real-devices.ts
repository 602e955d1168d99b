// DPDK on PCI devices behind an IOMMU: taken from the kernel by the command that the error names, then driven by the
// real PMDs.
import t from 'tap'
import { forwarded, inVm, noVm, sum } from '../fixtures/vm.js'

t.setTimeout(600_000)

const port = (slot: number, driver: string) => ({
  name: `dpdk:0000:00:${slot}.0`,
  backend: 'dpdk',
  mode: 'zero-copy',
  driver,
})

t.test('in a virtual machine', { skip: noVm }, async (t) => {
  const facts = await inVm(t, ['e1000e,e1000e', 'virtio,virtio', 'vmxnet3,vmxnet3'], 'dpdk.sh')

  for (const [n, driver] of [
    [0, 'e1000e'],
    [2, 'virtio-pci'],
    [4, 'vmxnet3'],
  ] as const) {
    const { status, stderr } = facts.run(`bound-${n}`)
    t.equal(status, 1)
    t.match(
      stderr,
      new RegExp(`0000:00:1${n}\\.0 is bound to the kernel's.* ${driver}, as interface nic${n};.*ERR_DRIVER`),
    )
    t.equal(
      facts.get(`bound-${n}.driver`),
      'vfio-pci',
      `the command does it: ${facts.get(`bound-${n}.command`)}`,
    )
  }
  t.match(facts.run('absent'), {
    status: 1,
    stderr: /no PCI device 0000:00:1f\.7;.*0000:00:10\.0 \(vfio-pci\).*ERR_NO_INTERFACE/,
  })

  const [e1000e, virtio, vmxnet3] = [
    port(10, 'net_e1000_em'),
    port(12, 'net_virtio'),
    port(14, 'net_vmxnet3'),
  ]
  forwarded(t, facts, 'e1000e-virtio', [e1000e, virtio])
  forwarded(t, facts, 'virtio-vmxnet3', [virtio, vmxnet3])
  forwarded(t, facts, 'vmxnet3-e1000e', [vmxnet3, e1000e])

  for (const [n, device] of [
    [0, e1000e],
    [2, virtio],
    [4, vmxnet3],
  ] as const) {
    const { json, stderr } = facts.run(`drop-${n}`)
    t.match(json, { rx: 300, dropped: 300, ports: [device] }, `${device.driver} ${stderr.trim()}`)
  }
  t.equal(sum(facts.counts('e1000e-queues')), 400, 'two queues of e1000e')
  t.match(facts.run('more-queues'), {
    status: 1,
    stderr: /queue 2 was wanted; the device has 2,.*ERR_NO_QUEUE/,
  })
  t.match(facts.run('small-frames'), { status: 1, stderr: /--frame-size 4096.*ERR_MTU/ })
})

import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { open } from 'rxburst'
import t from 'tap'
import { dpdkTest } from '../fixtures/dpdk.js'
import { rejectsWith } from '../fixtures/errors.js'

const wrong: [string, Record<string, unknown>, string, RegExp][] = [
  ['net_null0,sise=64', {}, 'ERR_BAD_OPTION', /net_null refused.*size=<int>/],
  ['net_ring0,nodes=1', {}, 'ERR_BAD_OPTION', /no parameter 'nodes'.*nodeaction/],
  ['net_ring0,peer=net_null0', {}, 'ERR_BAD_OPTION', /wired to another one.*'net_null0'/],
  ['net_null0,size=abc', {}, 'ERR_BAD_OPTION', /size= wants a number, not 'abc'/],
  ['net_tap0,bogus=1', {}, 'ERR_BAD_OPTION', /no parameter 'bogus'.*iface=/],
  ['net_memif0,bogus=1', {}, 'ERR_BAD_OPTION', /no parameter 'bogus'.*socket=/],
  ['net_af_packet0,iface=lo,bogus=1', {}, 'ERR_BAD_OPTION', /no parameter 'bogus'.*qpairs=/],
  ['lo', {}, 'ERR_NO_DRIVER', /interface of the kernel's.*dpdk:net_af_packet0,iface=lo/],
  ['net_pcap0', {}, 'ERR_BAD_OPTION', /No rx or tx queues.*rx_pcap=/],
  ['net_pcap0,rx_pcap=/nowhere.pcap', {}, 'ERR_BAD_OPTION', /No such file/],
  ['net_nul0', {}, 'ERR_NO_DRIVER', /no driver 'net_nul'.*net_null/],
  ['net_af_packet0,iface=nowhere0', {}, 'ERR_NO_INTERFACE', /there is no network interface 'nowhere0'/],
  ['net_af_xdp0,iface=lo', {}, 'ERR_TAKE_ALL', /takeAll: true/],
  ['ff:1f.7', {}, 'ERR_NO_INTERFACE', /no PCI device 0000:ff:1f\.7/],
  ['0000:ff:1f.7', {}, 'ERR_NO_INTERFACE', /no PCI device 0000:ff:1f\.7/],
  ['net_ring0', { queues: [0, 16] }, 'ERR_NO_QUEUE', /queue 16 was wanted; the device has 16/],
  ['net_null0', { mtu: 1900 + 3 }, 'ERR_MTU', /frame of 2048 bytes has room for 1920.*frameSize: 4096/],
  ['net_null0', { mtu: 9000 }, 'ERR_MTU', /lower the MTU/],
  ['net_null0', { mtu: 67 }, 'ERR_BAD_OPTION', /from 68 to 65535/],
  ['net_null0', { rss: 'ip,tpc' }, 'ERR_BAD_OPTION', /no field 'tpc'.*tcp/],
  ['net_ring0', { rss: 'ip' }, 'ERR_NOT_SUPPORTED', /can't hash by ip/],
  ['net_null0', { rssTable: '0,1' }, 'ERR_NO_QUEUE', /names queue 1/],
  ['net_null0', { rssTable: 'all' }, 'ERR_BAD_OPTION', /0,1,1,0/],
  ['net_ring0', { rssTable: '0' }, 'ERR_NOT_SUPPORTED', /no rssTable/],
  ['net_ring0', { rssKey: '00' }, 'ERR_NOT_SUPPORTED', /no rssKey/],
  ['net_null0', { memory: 'shared' }, 'ERR_BAD_OPTION', /'split', 'external' or 'own'/],
  ['net_null0', { promiscuous: 'perhaps' }, 'ERR_BAD_OPTION', /true or false/],
  ['net_null0', { rxDescriptor: 64 }, 'ERR_BAD_OPTION', /did you mean 'rxDescriptors'/],
]

for (const [device, options, code, words] of wrong)
  dpdkTest(t, `${device} ${JSON.stringify(options)}`, async (t) => {
    await rejectsWith(t, open(`dpdk:${device}`, options), code, words)
  })

dpdkTest(t, 'a device that is open already', async (t) => {
  const port = await open('dpdk:net_null0')
  await rejectsWith(t, open('dpdk:net_null0,size=128'), 'ERR_PORT_OPEN', /net_null0 is open already/)
  await port.close()
  await (await open('dpdk:net_null0,size=128')).close()
})

/** A PCI network device that a driver of the kernel's own has, not DPDK's and none that DPDK shares. */
function kernelDevice(): { address: string; driver: string } | undefined {
  const root = '/sys/bus/pci/devices'
  for (const address of existsSync(root) ? readdirSync(root) : []) {
    if (!readFileSync(`${root}/${address}/class`, 'utf8').startsWith('0x02')) continue
    const driver = existsSync(`${root}/${address}/driver`)
      ? (readlinkSync(`${root}/${address}/driver`).split('/').pop() ?? '')
      : ''
    if (!/^(vfio-pci|igb_uio|uio_pci_generic|mlx[45]_core)$/.test(driver)) return { address, driver }
  }
  return undefined
}

const kernel = kernelDevice()
t.test(
  'a device that the kernel has',
  { skip: kernel ? false : 'this machine has no PCI network device' },
  async (t) => {
    const { address, driver } = kernel ?? { address: '', driver: '' }
    await rejectsWith(
      t,
      open(`dpdk:${address}`),
      'ERR_DRIVER',
      new RegExp(`${driver}.*dpdk-devbind.py --bind=vfio-pci ${address}`),
    )
    t.equal(
      readlinkSync(`/sys/bus/pci/devices/${address}/driver`).split('/').pop(),
      driver,
      'it has it still',
    )
  },
)

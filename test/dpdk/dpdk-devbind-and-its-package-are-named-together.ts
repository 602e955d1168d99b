// ERR_DRIVER and doctor name the package of dpdk-devbind.py where they speak of it.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bin } from '../fixtures/child.js'
import { withoutDpdk } from '../fixtures/dpdk.js'

// In a mount namespace whose PCI bus has one device, bound to that driver.
const withDevice = (driver: string) => `
  mount -t tmpfs none /sys/bus/pci/devices && cd /sys/bus/pci/devices && mkdir 0000:01:00.0 || exit 77
  ln -s /sys/bus/pci/drivers/${driver} 0000:01:00.0/driver && exec "$@"`
const skip = withoutDpdk || (process.geteuid?.() !== 0 && 'a mount namespace takes root')

for (const driver of ['e1000e', 'virtio-pci'])
  t.test(`ERR_DRIVER, of ${driver}`, { skip }, async (t) => {
    const command = [process.execPath, bin, 'drop', 'dpdk:0000:01:00.0']
    const { status, stderr } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', withDevice(driver), 'sh', ...command],
      {
        encoding: 'utf8',
      },
    )
    t.equal(status, 1)
    t.match(
      stderr,
      /the package dpdk: apt install dpdk\. .*depends on it: (modprobe vfio-pci && )?dpdk-devbind\.py --bind=vfio-pci 0000:01:00\.0.*\[ERR_DRIVER\]/,
    )
  })

t.test('doctor', async (t) => {
  const check = (PATH: string) => {
    const { stdout } = spawnSync(process.execPath, [bin, 'doctor', '--json'], {
      encoding: 'utf8',
      env: { ...process.env, PATH },
    })
    return JSON.parse(stdout).checks.find(({ id }: { id: string }) => id === 'devbind')
  }
  const folder = t.testdir()
  t.match(check(folder), { ok: null, found: /is not here/, wanted: /apt install dpdk/ })
  writeFileSync(join(folder, 'dpdk-devbind.py'), '')
  t.match(check(folder), { ok: true, found: /dpdk-devbind\.py/ })
})

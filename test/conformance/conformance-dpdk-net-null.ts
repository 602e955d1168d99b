// dpdk:net_null does what a backend must do without a second end: it makes packets from nothing and swallows what it is
// sent.
import { open } from 'rxburst'
import { conformanceAlone } from '../fixtures/conformance/conformance-alone.js'
import { NO_NIC, onDpdk, queuesOf } from '../fixtures/conformance/dpdk-conformance.js'

await conformanceAlone({
  name: 'dpdk:net_null',
  backend: 'dpdk',
  needs: onDpdk,
  one: (n) => open('dpdk:net_null0,size=96', { queues: queuesOf(n) }),
  makes: 96,
  alone: 'nothing that is sent to it arrives anywhere',
  lacks: { ...NO_NIC, 'full ring': 'it swallows whatever it is sent' },
})

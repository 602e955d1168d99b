// On virtio-net and vmxnet3 one flow comes to us and the rest stays with the kernel; NIC settings go back, also after
// kill -9.
import t from 'tap'
import { inVm, noVm, sum } from '../fixtures/vm.js'

interface Doctor {
  checks: { id: string; ok: boolean | null; found: string }[]
  backends: Record<string, { ready: boolean }>
}

t.setTimeout(600_000)

t.test('in a virtual machine', { skip: noVm }, async (t) => {
  const facts = await inVm(t, ['virtio:queues=2,virtio', 'vmxnet3,vmxnet3'], 'steer.sh')
  for (const nic of ['nic0', 'nic2']) {
    const { status, json, stderr } = facts.run(nic)
    t.equal(status, 0, `${nic}: ${stderr.trim()}`)
    t.equal(sum(facts.counts(nic)), 400, `${nic}: the flow comes to us`)
    t.equal(json?.rx, 400, `${nic}: and nothing else`)
    t.equal(facts.get(`${nic}.pings`), 5, `${nic}: the kernel answers every ping`)

    const passed = facts.run(`pass-${nic}`)
    if (json?.ports[0].xdp === 'generic') {
      t.match(passed.stderr, /PASS.*ERR_NOT_SUPPORTED/, `${nic}: no PASS under generic XDP`)
    } else {
      t.equal(passed.status, 0, `${nic}, PASS: ${passed.stderr.trim()}`)
      t.equal(
        facts.get(`pass-${nic}.pings`),
        5,
        `${nic}: the kernel answers every ping that was passed to it`,
      )
      t.ok(
        passed.json?.passed >= 6 && passed.json?.passed === passed.json?.rx,
        `${nic}: all counted as passed`,
      )
    }

    const table = facts.get<number[]>(`${nic}.table`)
    const without = table.map((queue) => (queue === 1 ? 0 : queue))
    t.notSame(table, without)
    t.same(facts.get(`${nic}.table_written`), without, `${nic}: RSS table without queue 1`)
    t.same(facts.get(`${nic}.table_after`), table, `${nic}: put back on close`)
    t.same(facts.get(`${nic}.table_killed`), without, `${nic}: left by kill -9`)
    t.same(facts.get(`${nic}.table_repaired`), table, `${nic}: put back by doctor --repair`)
  }
  t.same(
    ['nic2.tags', 'tags.after', 'tags.killed', 'tags.repaired'].map((name) => facts.get(name)),
    ['off', 'on', 'off', 'on'],
    'vmxnet3 takes VLAN tags off, but not while rules are in force',
  )
  const check = (report: string, id: string) =>
    facts.get<Doctor>(report).checks.find((each) => each.id === id) ?? {
      id,
      ok: undefined,
      found: 'no such check',
    }
  t.match(check('doctor.killed', 'nic2.leftovers'), { ok: false }, 'doctor sees what a killed process left')
  t.match(check('doctor', 'nic2.leftovers'), { ok: true })
  const [major, minor] = facts.kernel
  const tells = major > 6 || minor >= 3 // what a driver's XDP can do
  t.match(check('doctor', 'nic0.driver'), {
    ok: tells || null,
    found: tells ? /virtio_net, native XDP/ : 'virtio_net',
  })
  t.match(check('doctor', 'nic0.queues'), { ok: true, found: /2 receive, 2 transmit, at most 2/ })
  t.match(check('doctor', 'nic0.rss'), { ok: true })
  t.match(check('doctor', 'nic2.rss'), { ok: true })
  t.match(check('doctor', 'nic0.ntuple'), { ok: null }, 'no emulated NIC takes n-tuple rules')
  t.match(check('doctor', 'iommu'), { ok: true })
  t.match(facts.get<Doctor>('doctor').backends.afxdp, { ready: true })

  t.match(facts.run('nic0-queue'), { status: 1, stderr: /n-tuple.*ERR_STEER_QUEUES/ })
  t.same(facts.get('nic0.table_refused'), facts.get('nic0.table'), 'a refused open changes nothing')
})

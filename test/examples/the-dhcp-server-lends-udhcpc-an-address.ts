// examples/13-dhcp.ts lends udhcpc an address: the same for the same MAC, another for another, none when all are lent.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ended } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { example, stop } from '../fixtures/programs/examples.js'
import { on } from '../fixtures/traffic/hosts.js'

// udhcpc calls it with what it got in the environment.
const SCRIPT = `#!/bin/sh
if [ "$1" = bound ]; then echo "$1 $ip $mask $lease $serverid"; fi
`

t.test('in a lab', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const data = { server: '10.77.0.9', first: '10.77.0.100', count: 2 }
  const program = await example(t, '13-dhcp.ts', [`afxdp:${lab.hosts[0].near}`], data)
  const script = join(t.testdir({}), 'script')
  writeFileSync(script, SCRIPT)
  chmodSync(script, 0o755)
  const left = (...command: string[]) => ended(t, ...on(lab, 'left', command))
  const client = (...more: string[]) => left('udhcpc', '-i', 'eth0', '-f', '-n', '-q', '-s', script, ...more)
  const mac = (address: string) => left('ip', 'link', 'set', 'eth0', 'address', address)
  const patient = ['-t', '20', '-T', '2']

  t.match((await client(...patient)).stdout, /^bound 10\.77\.0\.100 24 3600 10\.77\.0\.9$/m)
  t.match((await client(...patient)).stdout, /^bound 10\.77\.0\.100 /m, 'the same again')
  await left('ip', 'address', 'add', '10.77.0.100/24', 'dev', 'eth0')
  await left('ping', '-c', '1', '-W', '5', '10.77.0.9')
  t.match(
    (await left('ip', 'neigh', 'show', '10.77.0.9')).stdout,
    /lladdr 02:00:00:00:00:09/,
    'ARP for it is answered',
  )
  await left('ip', 'address', 'del', '10.77.0.100/24', 'dev', 'eth0')
  await mac('02:72:78:62:00:21')
  t.match((await client(...patient)).stdout, /^bound 10\.77\.0\.101 /m, 'the next MAC gets the next')
  const wrong = await client(...patient, '-r', '10.77.0.100')
  t.match(wrong.stdout, /^bound 10\.77\.0\.101 /m, "another one's address is not given, whoever asks for it")
  await mac('02:72:78:62:00:22')
  const late = await client('-t', '2', '-T', '1')
  t.equal(late.code, 1, 'all are lent')
  t.notMatch(late.stdout, /bound/)
  t.match(await stop(t, program), { kept: 0, rejected: 0 })
})

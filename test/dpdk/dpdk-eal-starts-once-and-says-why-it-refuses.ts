import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { dpdkTest } from '../fixtures/dpdk.js'

const index = fileURLToPath(new URL('../../dist/lib/index.js', import.meta.url))

/** Runs a program in a process of its own, because EAL starts once per process. What it prints, one JSON value. */
function alone(body: string, env: Record<string, string> = {}) {
  const program = `
    import { readdirSync, readFileSync, readlinkSync, readlink, existsSync } from 'node:fs'
    import { spawnSync } from 'node:child_process'
    import { open, configureArena } from '${index}'
    const refused = (promise) => promise.then(() => ({ code: 'none' }), ({ code, message }) => ({ code, message }))
    configureArena({ frames: 1024 })
    ${body}`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  })
  return { status, stderr, stdout, value: stdout ? JSON.parse(stdout) : undefined }
}

dpdkTest(t, 'a second start with other options', async (t) => {
  const { value } = alone(`
    await open('dpdk:net_null0', { eal: '--no-huge -m 64' })
    await open('dpdk:net_null1')
    await open('dpdk:net_null2', { eal: '--no-huge -m 64' })
    console.log(JSON.stringify(await refused(open('dpdk:net_null3', { eal: '--no-huge -m 65' }))))
    process.exit()`)
  t.equal(value.code, 'ERR_EAL')
  t.match(value.message, /'--no-huge -m 64'.*it starts once.*'--no-huge -m 65'/)
})

dpdkTest(t, 'options that EAL does not know, from the option and from the environment', async (t) => {
  for (const result of [
    alone(`console.log(JSON.stringify(await refused(open('dpdk:net_null0', { eal: '--bogus' }))))`),
    alone(`console.log(JSON.stringify(await refused(open('dpdk:net_null0'))))`, { RXBURST_EAL: '--bogus' }),
  ]) {
    t.equal(result.value.code, 'ERR_EAL')
    t.match(result.value.message, /does not take these options.*--bogus.*RXBURST_EAL/)
    t.equal(result.stderr, '', 'nothing of DPDK on the terminal')
  }
})

dpdkTest(t, 'a driver that moves no packet without hugepages', async (t) => {
  const { value } = alone(`console.log(JSON.stringify(await refused(
    open('dpdk:net_af_xdp0,iface=lo', { takeAll: true, eal: '--no-huge -m 64' }))))`)
  t.equal(value.code, 'ERR_REQUIRE')
  t.match(value.message, /moves no packet without hugepages.*vm\.nr_hugepages/)
})

dpdkTest(t, 'more memory than there is', async (t) => {
  const { value } = alone(
    `console.log(JSON.stringify(await refused(open('dpdk:net_null0', { eal: '-m 9999999' }))))`,
  )
  t.equal(value.code, 'ERR_EAL')
  t.match(value.message, /less memory than -m asks for.*vm\.nr_hugepages/)
})

for (const [options, words] of [
  ['--proc-type=secondary', /only a primary process/],
  ['--proc-type auto', /only a primary process/],
  ['--huge-dir=/nowhere', /no hugetlbfs where it was told to look/],
  ['-d /nowhere.so', /can't load a driver that -d names/],
  ['--vdev=net_foo0', /knows no driver for a device among its options/],
] as const)
  dpdkTest(t, `refused: ${options}`, async (t) => {
    const { value } = alone(
      `console.log(JSON.stringify(await refused(open('dpdk:net_null0', { eal: '${options}' }))))`,
    )
    t.equal(value.code, 'ERR_EAL')
    t.match(value.message, words)
  })

dpdkTest(t, 'it takes at most 30 MiB more than the rest', async (t) => {
  const { value } = alone(`
    await open('loop:a')
    const before = process.memoryUsage.rss()
    await open('dpdk:net_null0')
    console.log(JSON.stringify((process.memoryUsage.rss() - before) / 2 ** 20))
    process.exit()`)
  t.ok(value <= 30, `${value} MiB`)
})

dpdkTest(t, 'after a failed start there is no second one', async (t) => {
  const { value } = alone(`
    const first = await refused(open('dpdk:net_null0', { eal: '--bogus' }))
    console.log(JSON.stringify([first, await refused(open('dpdk:net_null0'))]))
    process.exit()`)
  t.equal(value[0].code, 'ERR_EAL')
  t.equal(value[1].code, 'ERR_EAL')
  t.match(value[1].message, /Start the process anew.*--bogus/)
})

dpdkTest(t, 'it leaves nothing on the terminal, no descriptor to a child, and no CPU pinned', async (t) => {
  const { value, stderr } = alone(`
    const cpus = () => readFileSync('/proc/self/status', 'utf8').match(/Cpus_allowed_list:\\s*(.*)/)[1]
    const before = cpus()
    const started = performance.now()
    const port = await open('dpdk:net_null0')
    const ms = performance.now() - started
    const child = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' }).stdout
    console.log(JSON.stringify({ before, after: cpus(), child, ms, log: port.details().log }))
    process.exit()`)
  t.equal(stderr, '')
  t.equal(value.after, value.before)
  t.notMatch(value.child, /memfd:(seg|rtemap|nohuge|rxburst)|anon_inode|vfio|hugepages/)
  t.ok(
    value.log.some((line: string) => /EAL/.test(line)),
    'its log is kept for those who ask',
  )
})

dpdkTest(t, 'without hugepages and without root', async (t) => {
  const { value, stdout, stderr } = alone(
    `process.setgid?.(65534)
     process.setuid?.(65534)
     const port = await open('dpdk:net_null0', { eal: '--no-huge' })
     console.log(JSON.stringify({ hugepages: port.details().hugepages, uid: process.getuid() }))
     process.exit()`,
  )
  t.same(
    value,
    { hugepages: false, uid: process.getuid?.() === 0 ? 65534 : process.getuid?.() },
    `${stdout}${stderr}`,
  )
})

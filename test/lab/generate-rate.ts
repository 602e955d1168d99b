// A rate is packets or bits per second, with the usual suffixes.
import t from 'tap'
import { parseRate } from '../../dist/lib/generate/rate.js'

t.equal(parseRate('1M', 64), 1e6)
t.equal(parseRate('2.5kpps', 64), 2500)
t.equal(parseRate('512Mbit/s', 64), 1e6)
t.equal(parseRate('1Gbit', 1000), 125_000)
t.equal(parseRate('7', 64), 7)
for (const wrong of ['', '0', '-1', 'M', '1T', '1e6', '1 packet', 'NaN'])
  t.throws(() => parseRate(wrong, 64), { code: 'ERR_BAD_OPTION' }, `'${wrong}'`)

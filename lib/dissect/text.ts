// Addresses, bytes and times as text, as Wireshark writes them.

const hex = (byte: number) => (byte < 16 ? '0' : '') + byte.toString(16)

export const macText = (bytes: Uint8Array): string => Array.from(bytes, hex).join(':')

export const hexText = (bytes: Uint8Array): string => Array.from(bytes, hex).join('')

export const ipv4Text = (bytes: Uint8Array): string => bytes.join('.')

/** RFC 5952; an IPv4 address inside is written as one (sections 5). */
export function ipv6Text(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] << 8) | bytes[2 * i + 1])
  let [best, bestLength] = [-1, 1]
  for (let i = 0; i < 8; i++) {
    let n = 0
    while (i + n < 8 && words[i + n] === 0) n++
    if (n > bestLength) [best, bestLength] = [i, n]
  }
  const mapped = best === 0 && (bestLength === 6 || (bestLength === 5 && words[5] === 0xffff))
  const tail = mapped ? [ipv4Text(bytes.subarray(12))] : []
  const parts = [...words.slice(0, mapped ? 6 : 8).map((word) => word.toString(16)), ...tail]
  if (best < 0) return parts.join(':')
  return `${parts.slice(0, best).join(':')}::${parts.slice(best + bestLength).join(':')}`
}

/** A text in ASCII that ends with its first zero byte. Any other byte becomes U+FFFD. */
export function stringText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  const text = Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1')
  return text.replace(/[\x80-\xff]/g, '\ufffd')
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const TO_1970 = 2208988800

/** An NTP timestamp (RFC 5905 section 6) in UTC, as 'Sep 27, 2004 03:18:04.922896299 UTC'. */
export function ntpText(seconds: number, fraction: number): string {
  if (seconds === 0 && fraction === 0) return 'NULL'
  // The era of 1900 ends in 2036: smaller numbers belong to the next one (RFC 4330 section 3).
  const unix = seconds >= 0x80000000 ? seconds - TO_1970 : seconds + 2 ** 32 - TO_1970
  const date = new Date(unix * 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  const day = String(date.getUTCDate()).padStart(2, ' ')
  const ns = String(Math.floor((fraction * 1e9) / 2 ** 32)).padStart(9, '0')
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.${ns}`
  return `${MONTHS[date.getUTCMonth()]} ${day}, ${date.getUTCFullYear()} ${time} UTC`
}

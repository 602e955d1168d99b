// Serves random bytes over HTTP and prints their SHA-256: ADDRESS PORT BYTES.
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

const [address, port, bytes] = process.argv.slice(2)
const body = randomBytes(Number(bytes))
console.log(createHash('sha256').update(body).digest('hex'))
createServer((_, response) => response.end(body)).listen(Number(port), address, () => console.error('ready'))

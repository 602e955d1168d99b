// Counts what node:dgram receives: ADDRESS PORT. Prints the count at the end.

import { createSocket } from 'node:dgram'
import { ENDING, onSignals } from '../signals.js'

const [address, port] = process.argv.slice(2)
let received = 0
const socket = createSocket('udp4', () => {
  received++
})
socket.bind(Number(port), address, () => console.error('ready'))
onSignals(ENDING, () => {
  console.log(JSON.stringify({ received }))
  process.exit(0)
})

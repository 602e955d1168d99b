// Keeps Node's inspector shut in a process that has privileges: who reaches an inspector runs code in its process.
import inspector from 'node:inspector'

// Node from 22.14 on does not listen to SIGUSR1 when told so. For others the inspector gets an address that no machine
// has (TEST-NET-1, RFC 5737), so that it can't be bound before our handler of SIGUSR1 stands.
const FLAG = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1')
  ? '--disable-sigusr1'
  : '--inspect-port=192.0.2.1:9229'

/**
 * Begins this process anew, with the same number, as one that opens no inspector on a signal. A signal may have come
 * while Node started, before any line of ours: an inspector that it opened is gone with the first image.
 */
export async function keepInspectorShut(): Promise<void> {
  if (!process.execArgv.includes(FLAG)) {
    const { native } = await import('../native.js')
    const [main, ...words] = process.argv.slice(1)
    native.grant.replaceProcess({
      path: process.execPath,
      words: [process.execPath, ...process.execArgv, FLAG, main, ...words],
    })
  }
  // Asked for by NODE_OPTIONS or a flag.
  if (inspector.url() !== undefined) inspector.close()
}

/** Ports for servers that a test starts. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

/** A TCP port on loopback that nobody listens on now. A server that can should rather listen on port 0. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

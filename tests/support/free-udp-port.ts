/** UDP ports for servers that a test starts. */
import { createSocket } from 'node:dgram'

/** A UDP port that nobody listens on now. */
export function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createSocket('udp4')
    probe.once('error', reject)
    probe.bind(0, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

/** UDP ports for servers that a test starts. */
import { createSocket } from 'node:dgram'
import { somePort } from './free-port.ts'

/** A UDP port that nobody listens on now. */
export async function freeUdpPort(): Promise<number> {
  for (;;) {
    const port = somePort()
    if (await isFree(port)) return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createSocket('udp4')
    probe.once('error', () => resolve(false))
    probe.bind(port, () => probe.close(() => resolve(true)))
  })

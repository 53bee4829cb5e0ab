/** Ports for servers that a test starts. */
import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { createServer, type Server } from 'node:net'

/** Below those that systems give to connections and to servers that ask for any: nobody takes one by chance before the server that it is for. */
const RANGE = [20_000, 32_000] as const

/** A TCP port that nobody listens on now, at any address. A server that can should rather listen on port 0. */
export const freePort = (): Promise<number> => drawPort((port) => createServer().listen(port))

/** A UDP port that nobody listens on now. */
export const freeUdpPort = (): Promise<number> => drawPort((port) => createSocket('udp4').bind(port))

const drawPort = async (listen: (port: number) => Server | Socket): Promise<number> => {
  for (;;) {
    const port = randomInt(...RANGE)
    if (await isFree(listen(port))) return port
  }
}

const isFree = (probe: Server | Socket): Promise<boolean> =>
  new Promise((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error)
    )
    probe.once('listening', () => probe.close(() => resolve(true)))
  })

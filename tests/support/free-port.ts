/** Ports for servers that a test starts. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below those that systems give to connections and to servers that ask for any: nobody takes one by chance before the server that it is for. */
const RANGE = [20_000, 32_000] as const

/** One to try. */
export const somePort = (): number => randomInt(...RANGE)

/** A TCP port that nobody listens on now, at any address. A server that can should rather listen on port 0. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = somePort()
    if (await isFree(port)) return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, () => probe.close(() => resolve(true)))
  })

/** A cable between a page and the relay that a test can measure and cut. */
import { createServer, connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface CutProxy {
  /** 0 when it listens on a Unix socket. */
  readonly port: number
  /** Bytes carried so far. */
  bytes(): { readonly toRelay: number; readonly fromRelay: number }
  /** Everything pages sent to the relay, if it was asked to record. */
  recorded(): Buffer
  /** The same, each connection by itself. */
  connections(): readonly Buffer[]
  /** Breaks every connection and refuses new ones. */
  cut(): void
  /** Lets connections pass again. */
  restore(): void
  close(): Promise<void>
}

export interface CutProxyOptions {
  /** Where the relay listens. */
  readonly target: number
  /** A port, or the path of a Unix socket; a free port unless told. */
  readonly listen?: number | string
  /** Keep what pages send, for a look at what the relay is told. */
  readonly record?: boolean
}

/** Starts a proxy. It may listen before the relay does: its address can be the relay's public one. */
export async function startCutProxy(options: CutProxyOptions): Promise<CutProxy> {
  const open = new Set<Socket>()
  const chunks: Buffer[] = []
  const perConnection: Buffer[][] = []
  const carried = { toRelay: 0, fromRelay: 0 }
  let isCut = false

  const server = createServer((near) => {
    if (isCut) return drop(near)
    const far = connect(options.target, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket)
      // An error is followed by `close`, which ends the other half too.
      socket.on('error', () => undefined)
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
    const own: Buffer[] = []
    perConnection.push(own)
    near.on('data', (chunk: Buffer) => {
      carried.toRelay += chunk.byteLength
      if (options.record !== true) return
      chunks.push(chunk)
      own.push(chunk)
    })
    far.on('data', (chunk: Buffer) => (carried.fromRelay += chunk.byteLength))
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const { listen = 0 } = options
    server.listen(
      typeof listen === 'string' ? { path: listen } : { port: listen, host: '127.0.0.1' },
      resolve
    )
  })
  const breakAll = (): void => open.forEach(drop)
  const address = server.address() as AddressInfo | string

  return {
    port: typeof address === 'string' ? 0 : address.port,
    bytes: () => ({ ...carried }),
    recorded: () => Buffer.concat(chunks),
    connections: () => perConnection.map((own) => Buffer.concat(own)),
    cut() {
      isCut = true
      breakAll()
    },
    restore() {
      isCut = false
    },
    async close() {
      breakAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Breaks a connection as a failing network does; a Unix socket knows no reset. */
function drop(socket: Socket): void {
  if (socket.remoteFamily === undefined) socket.destroy()
  else socket.resetAndDestroy()
}

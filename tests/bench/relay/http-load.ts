/** Many HTTP requests over kept connections, with as little work as can be: what is measured is the server. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'

const HEAD_END = Buffer.from('\r\n\r\n')

export interface Load {
  /** Answers per second. */
  readonly rate: number
  /** Milliseconds of each request. */
  readonly times: readonly number[]
}

/**
 * Sends `count` requests over `inFlight` connections, one at a time on each. `make` gives the bytes of the request of a number. Throws when
 * one is not answered with 200.
 */
export const loadHttp = async (
  port: number,
  { count, inFlight, make }: { count: number; inFlight: number; make: (index: number) => Uint8Array }
): Promise<Load> => {
  const sockets = await Promise.all(
    Array.from({ length: inFlight }, async () => {
      const socket = connect(port, '127.0.0.1').setNoDelay(true)
      await once(socket, 'connect')
      return socket
    })
  )
  const times: number[] = []
  let next = 0
  const began = performance.now()
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve, reject) => {
          const drive = createDriver(socket, {
            next: () => (next < count ? make(next++) : undefined),
            answered: (time) => times.push(time),
            done: resolve,
            failed: reject,
          })
          drive()
        })
    )
  )
  const seconds = (performance.now() - began) / 1_000
  for (const socket of sockets) socket.destroy()
  return { rate: count / seconds, times }
}

interface Driven {
  readonly next: () => Uint8Array | undefined
  readonly answered: (time: number) => void
  readonly done: () => void
  readonly failed: (error: Error) => void
}

const createDriver = (socket: Socket, { next, answered, done, failed }: Driven): (() => void) => {
  let rest: Buffer = Buffer.alloc(0)
  let sent = 0
  const step = (): void => {
    const bytes = next()
    if (!bytes) return done()
    sent = performance.now()
    socket.write(bytes)
  }
  socket.on('error', failed)
  socket.on('data', (data: Buffer) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data])
    const end = rest.indexOf(HEAD_END)
    if (end < 0) return
    const head = rest.toString('latin1', 0, end)
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (rest.length < end + 4 + length) return
    if (!head.startsWith('HTTP/1.1 200'))
      return failed(new Error(`${head.split('\r\n')[0]} ${rest.toString('utf8', end + 4).slice(0, 200)}`))
    rest = rest.subarray(end + 4 + length)
    answered(performance.now() - sent)
    step()
  })
  return step
}

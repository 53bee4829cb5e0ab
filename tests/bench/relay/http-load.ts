/** HTTP requests over kept connections, with as little work as can be: what is measured is the server. */
import { connect } from 'node:net'
import { once } from 'node:events'

const HEAD_END = Buffer.from('\r\n\r\n')

export interface Load {
  /** Answers per second. */
  readonly rate: number
  /** Milliseconds of each request. */
  readonly times: readonly number[]
}

/** A kept connection, for one request at a time. */
export interface HttpConnection {
  /** Sends the bytes of a request; throws when it is not answered with 200. */
  ask(request: Uint8Array): Promise<void>
  close(): void
}

/** Connects to a server of this machine. */
export const openHttp = async (port: number): Promise<HttpConnection> => {
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  await once(socket, 'connect')
  let rest: Buffer = Buffer.alloc(0)
  let answered = Promise.withResolvers<void>()
  socket.on('error', (error) => answered.reject(error))
  socket.on('data', (data: Buffer) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data])
    const end = rest.indexOf(HEAD_END)
    if (end < 0) return
    const head = rest.toString('latin1', 0, end)
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (rest.length < end + 4 + length) return
    const body = rest.toString('utf8', end + 4, end + 204)
    rest = rest.subarray(end + 4 + length)
    if (head.startsWith('HTTP/1.1 200')) answered.resolve()
    else answered.reject(new Error(`${head.split('\r\n')[0]} ${body}`))
  })
  return {
    ask: (request) => {
      answered = Promise.withResolvers<void>()
      socket.write(request)
      return answered.promise
    },
    close: () => socket.destroy(),
  }
}

/** Sends `count` requests over `inFlight` connections, one at a time on each. `make` gives the bytes of the request of a number. */
export const loadHttp = async (
  port: number,
  { count, inFlight, make }: { count: number; inFlight: number; make: (index: number) => Uint8Array }
): Promise<Load> => {
  const connections = await Promise.all(Array.from({ length: inFlight }, () => openHttp(port)))
  const times: number[] = []
  let next = 0
  const began = performance.now()
  await Promise.all(
    connections.map(async ({ ask }) => {
      while (next < count) {
        const request = make(next++)
        const sent = performance.now()
        await ask(request)
        times.push(performance.now() - sent)
      }
    })
  )
  const seconds = (performance.now() - began) / 1_000
  for (const { close } of connections) close()
  return { rate: count / seconds, times }
}

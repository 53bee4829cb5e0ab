/** A private Redis of Debian's package, on a free port of loopback, that keeps nothing on disk. */
import { connect } from 'node:net'
import { rm } from 'node:fs/promises'
import { findProgram } from '../../scripts/lib/servers.ts'
import { freePort } from './free-port.ts'
import { serverFolder, startServer } from './private-server.ts'

export interface RedisServer extends AsyncDisposable {
  readonly url: string
  kill(): Promise<void>
  start(): Promise<void>
  pid(): number
}

/** Starts it. After `kill` and `start` it is empty, at the same address. */
export const startRedis = async (): Promise<RedisServer> => {
  const program = findProgram('redis-server')
  if (program === null) throw new Error('Redis is not installed (on Debian: apt install redis-server).')
  const folder = serverFolder('redis')
  const port = await freePort()
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const answers = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => void socket.write('PING\r\n'))
      socket.once('data', (data) => {
        socket.destroy()
        resolve(data.toString().startsWith('+PONG'))
      })
      socket.once('error', () => resolve(false))
    })
  const server = await startServer(program, args, answers)
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => server.end('SIGKILL'),
    start: server.start,
    pid: server.pid,
    [Symbol.asyncDispose]: async () => {
      await server.end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

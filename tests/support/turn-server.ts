/** A private coturn of Debian's package, on a free port of loopback, with the configuration that MePassa ships. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram } from '../../scripts/lib/servers.ts'
import { freeUdpPort } from './free-udp-port.ts'
import { serverFolder, startServer } from './private-server.ts'

export interface TurnServer extends AsyncDisposable {
  readonly secret: string
  /** Over UDP, and over TCP. */
  readonly urls: readonly [string, string]
  readonly stunUrl: string
}

const SHIPPED = 'deploy/coturn/turnserver.conf'
/** On one machine all peers are at the address that the shipped file forbids. */
const LOOPBACK = 'denied-peer-ip=127.0.0.0-127.255.255.255\n'
/** STUN's Binding request (RFC 8489 §5): type 1, no attributes, magic cookie, transaction. */
const BINDING = Buffer.concat([Buffer.from('000100002112a442', 'hex'), Buffer.alloc(12, 7)])

const answersStun = async (port: number): Promise<boolean> => {
  const socket = createSocket('udp4')
  const answer = once(socket, 'message', { signal: AbortSignal.timeout(1_000) }).then(
    () => true,
    () => false
  )
  socket.send(BINDING, port, '127.0.0.1')
  const answered = await answer
  socket.close()
  return answered
}

/** Starts it and waits until it answers. */
export const startTurnServer = async (): Promise<TurnServer> => {
  const program = findProgram('turnserver')
  if (program === null) throw new Error('coturn is not installed (on Debian: apt install coturn).')
  const shipped = await readFile(SHIPPED, 'utf8')
  if (!shipped.includes(LOOPBACK)) throw new Error(`${SHIPPED} lets peers at loopback through`)
  const folder = serverFolder('turn')
  const file = join(folder, 'turnserver.conf')
  await writeFile(file, shipped.replace(LOOPBACK, 'allow-loopback-peers\n'), { mode: 0o644 })
  const port = await freeUdpPort()
  const secret = 'a secret of the relay and its TURN server'
  const server = await startServer(
    program,
    [
      ...['-c', file, `--static-auth-secret=${secret}`, `--listening-port=${port}`],
      ...['--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', '--no-tls', '--no-dtls'],
      ...[`--pidfile=${join(folder, 'pid')}`, `--userdb=${join(folder, 'users')}`],
    ],
    () => answersStun(port)
  )
  const at = `127.0.0.1:${port}`
  return {
    secret,
    urls: [`turn:${at}`, `turn:${at}?transport=tcp`],
    stunUrl: `stun:${at}`,
    [Symbol.asyncDispose]: async () => {
      await server.end('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

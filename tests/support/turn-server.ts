/** A private coturn of Debian's package, on a free port of loopback, with the configuration that MePassa ships, started as it ships. */
import { freeUdpPort } from './free-port.ts'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chown, copyFile, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readOrMakeSecret } from '../../relay-server/kept-file.ts'
import { findProgram } from '../../scripts/lib/servers.ts'
import { serverFolder, startServer } from './private-server.ts'

export interface TurnServer extends AsyncDisposable {
  /** Where the secret is that it shares with a relay. */
  readonly secretFile: string
  /** Over UDP, and over TCP. */
  readonly urls: readonly [string, string]
  readonly stunUrl: string
}

const SHIPPED = 'deploy/coturn'
/** On one machine all peers are at the address that the shipped file forbids. */
const LOOPBACK = 'denied-peer-ip=127.0.0.0-127.255.255.255\n'
/** STUN's Binding request (RFC 8489 §5): type 1, no attributes, magic cookie, transaction. */
const BINDING = Buffer.concat([Buffer.from('000100002112a442', 'hex'), Buffer.alloc(12, 7)])

/** Whether a STUN server answers at a UDP port of loopback. */
export const answersStun = async (port: number): Promise<boolean> => {
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

/** What coturn is told for a port of loopback. */
export const turnOptions = (port: number): readonly string[] => [
  ...[`--listening-port=${port}`, '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1'],
  ...['--no-tls', '--no-dtls'],
]

/** Starts it and waits until it answers. */
export const startTurnServer = async (): Promise<TurnServer> => {
  if (findProgram('turnserver') === null)
    throw new Error('coturn is not installed (on Debian: apt install coturn).')
  const shipped = await readFile(join(SHIPPED, 'turnserver.conf'), 'utf8')
  if (!shipped.includes(LOOPBACK)) throw new Error(`${SHIPPED} lets peers at loopback through`)
  const folder = serverFolder('turn')
  await writeFile(join(folder, 'turnserver.conf'), shipped.replace(LOOPBACK, 'allow-loopback-peers\n'), {
    mode: 0o644,
  })
  const start = join(folder, 'start.sh')
  await copyFile(join(SHIPPED, 'start.sh'), start)
  const secretFile = join(folder, 'secret')
  await readOrMakeSecret(secretFile)
  // In their containers the relay and coturn are one user.
  const { uid, gid } = await stat(folder)
  await chown(secretFile, uid, gid)
  const port = await freeUdpPort()
  const server = await startServer(
    'env',
    [...[`TURN_SECRET_FILE=${secretFile}`, `TMPDIR=${folder}`, 'sh', start], ...turnOptions(port)],
    () => answersStun(port)
  )
  const at = `127.0.0.1:${port}`
  return {
    secretFile,
    urls: [`turn:${at}`, `turn:${at}?transport=tcp`],
    stunUrl: `stun:${at}`,
    [Symbol.asyncDispose]: async () => {
      await server.end('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

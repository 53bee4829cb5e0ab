/** Mosquitto of Debian's package: MQTT at QoS 1 for sessions that are away. It keeps them in memory, and is here for the record. */
import { writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../../support/free-port.ts'
import { serverFolder, startServer } from '../../support/private-server.ts'
import { listens } from './prosody.ts'

const RECIPIENTS = 20
const PAYLOAD = Buffer.alloc(1_024, 1)
const [CONNECT, PUBLISH_QOS_1, PUBACK, SUBSCRIBE, DISCONNECT] = [0x10, 0x32, 0x40, 0x82, 0xe0]

export interface MqttServer extends AsyncDisposable {
  readonly port: number
}

/** Starts it with persistence on. */
export const startMosquitto = async (): Promise<MqttServer> => {
  const folder = serverFolder('mosquitto')
  const port = await freePort()
  const config = join(folder, 'mosquitto.conf')
  writeFileSync(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${folder}/\nmax_queued_messages 0\nlog_type error\n`
  )
  const server = await startServer('mosquitto', ['-c', config], () => listens(port))
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await server.end('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

const packet = (type: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const length: number[] = []
  for (let rest = body.length; length.length === 0 || rest > 0; rest >>= 7)
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
  return Buffer.concat([Buffer.from([type, ...length]), body])
}

const open = async (port: number, client: string): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  await once(socket, 'connect')
  // Protocol level 4; a session that stays; no keep-alive.
  socket.write(packet(CONNECT, text('MQTT'), Buffer.from([4, 0, 0, 0]), text(client)))
  await once(socket, 'data')
  return socket
}

/** Publishes to sessions that are away; answers how many a second were acknowledged. */
export const storeByMqtt = async (
  { port }: MqttServer,
  { count, inFlight }: { readonly count: number; readonly inFlight: number }
): Promise<number> => {
  for (let index = 0; index < RECIPIENTS; index++) {
    const socket = await open(port, `r${index}`)
    socket.write(packet(SUBSCRIBE, Buffer.from([0, 1]), text(`m/${index}`), Buffer.from([1])))
    await once(socket, 'data')
    socket.end(packet(DISCONNECT))
    await once(socket, 'close')
  }
  const socket = await open(port, 'sender')
  const began = performance.now()
  await new Promise<void>((resolve) => {
    let [sent, acknowledged] = [0, 0]
    let rest = Buffer.alloc(0)
    const more = (): void => {
      if (acknowledged === count) return resolve()
      for (; sent < count && sent - acknowledged < inFlight; sent++) {
        const id = (sent % 65_535) + 1
        socket.write(
          packet(PUBLISH_QOS_1, text(`m/${sent % RECIPIENTS}`), Buffer.from([id >> 8, id & 0xff]), PAYLOAD)
        )
      }
    }
    socket.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data])
      for (; rest.length >= 4; rest = rest.subarray(4)) if (rest[0] === PUBACK) acknowledged++
      more()
    })
    more()
  })
  const seconds = (performance.now() - began) / 1_000
  socket.end(packet(DISCONNECT))
  return count / seconds
}

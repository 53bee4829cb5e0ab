/** Firefox's own side of a push service: the WebSocket over which it subscribes and is given pushes (Mozilla's autopush protocol). */
import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { fromBase64Url, toBase64Url } from '../../src/lib/bytes.ts'
import { startPushServer, tokenPrefix, type PushServer } from './push-service.ts'

export interface Autopush extends AsyncDisposable {
  /** What Firefox connects to: `dom.push.serverURL`. */
  readonly url: string
  readonly service: PushServer
  /** Endpoints' tokens in the order in which they were made. */
  readonly tokens: readonly string[]
  /** What Firefox said of each push: 100 delivered, 101 it could not be decrypted, 102 not delivered. */
  readonly codes: readonly number[]
  /** Knows this browser no more, as Mozilla's after a long absence: its subscriptions are gone, and it hears so when it connects again. */
  forget(): void
}

type Frame = Readonly<Record<string, unknown>>

/** Starts both sides. */
export const startAutopush = async (): Promise<Autopush> => {
  const channels = new Map<string, string>()
  const tokens: string[] = []
  const codes: number[] = []
  let uaid = randomBytes(16).toString('hex')
  /** Not acknowledged yet: given again after each hello, as to a browser that was closed. */
  const waiting = new Map<string, Frame>()
  let browser: WebSocket | undefined

  const tell = (frame: Frame): void => browser?.send(JSON.stringify(frame), () => undefined)
  const service = await startPushServer(({ token, body }) => {
    const channelID = channels.get(token)
    if (channelID === undefined) return
    const version = randomUUID()
    const frame = {
      messageType: 'notification',
      channelID,
      version,
      data: toBase64Url(body),
      headers: { encoding: 'aes128gcm' },
    }
    waiting.set(version, frame)
    tell(frame)
  })

  const onFrame = (frame: Frame): void => {
    const { messageType, channelID } = frame
    switch (messageType) {
      case 'hello':
        tell({ messageType, uaid, status: 200, use_webpush: true, broadcasts: {} })
        for (const one of waiting.values()) tell(one)
        return
      case 'register': {
        const key = toBase64Url(fromBase64Url(String(frame['key']).replaceAll('=', '')) ?? new Uint8Array())
        const token = tokenPrefix(key) + toBase64Url(randomBytes(12))
        channels.set(token, String(channelID))
        tokens.push(token)
        return tell({
          messageType,
          channelID,
          status: 200,
          pushEndpoint: `${service.origin}/wpush/v2/${token}`,
        })
      }
      case 'unregister':
        for (const [token, channel] of channels) if (channel === channelID) service.revoke(token)
        return tell({ messageType, channelID, status: 200 })
      case 'ack':
        for (const { version, code } of frame['updates'] as readonly { version: string; code: number }[]) {
          waiting.delete(version)
          codes.push(code)
        }
        return
      case undefined:
        // A ping.
        return tell({})
      default:
        return
    }
  }

  const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536, perMessageDeflate: false })
  const server = createServer().on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      browser = accepted
      accepted.on('message', (data) => onFrame(JSON.parse(data.toString()) as Frame))
      accepted.on('error', () => undefined)
    })
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    service,
    tokens,
    codes,
    forget: () => {
      for (const token of channels.keys()) service.revoke(token)
      waiting.clear()
      uaid = randomBytes(16).toString('hex')
      browser?.terminate()
    },
    [Symbol.asyncDispose]: async () => {
      browser?.terminate()
      sockets.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await service[Symbol.asyncDispose]()
    },
  }
}

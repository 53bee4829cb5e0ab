/** Sockets whose other end is gone. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocketServer, type WebSocket as ServerSocket } from 'ws'
import { createHeartbeat } from '../../../relay-server/p2p/heartbeat.ts'

const INTERVAL = 1_000
const UPGRADE = [
  'GET / HTTP/1.1',
  'host: localhost',
  'connection: upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
  '',
  '',
].join('\r\n')

// Time passes when the test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => vi.useRealTimers())

test('who answers pings stays, though there is nothing to say; who does not is cut off at the next; who speaks is not pinged', async () => {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024, perMessageDeflate: false })
  const heartbeat = createHeartbeat(INTERVAL)
  let accepted: ((socket: ServerSocket) => void) | undefined
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (one) => {
      heartbeat.watch(one)
      accepted?.(one)
    })
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const nextSocket = () => new Promise<ServerSocket>((resolve) => (accepted = resolve))

  const first = nextSocket()
  const alive = new WebSocket(`ws://127.0.0.1:${port}`)
  const answering = await first
  const second = nextSocket()
  // It speaks no more after this.
  const dead = connect(port, '127.0.0.1', () => dead.write(UPGRADE))
  dead.resume()
  await second
  const ended = once(dead, 'close')
  let isCut = false
  void ended.then(() => (isCut = true))

  for (let round = 0; round < 4; round++) {
    // A silent interval is allowed; after the second one there is a ping.
    vi.advanceTimersByTime(INTERVAL)
    if (round > 0) await ended
    const pong = new Promise<void>((resolve) => answering.on('pong', resolve))
    vi.advanceTimersByTime(INTERVAL)
    await pong
    if (round === 0) expect(isCut).toBe(false)
  }

  // Whoever speaks is not asked.
  const pings = vi.spyOn(answering, 'ping')
  for (let round = 0; round < 4; round++) {
    const heard = new Promise<void>((resolve) => answering.on('message', () => resolve()))
    alive.send('here')
    await heard
    vi.advanceTimersByTime(INTERVAL)
  }
  expect(pings).not.toHaveBeenCalled()

  const closed = once(alive, 'close')
  answering.terminate()
  await closed
  heartbeat.stop()
  expect(vi.getTimerCount()).toBe(0)
  server.close()
})

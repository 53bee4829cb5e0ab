/** A WebSocket server that sends back what it gets, and nothing else. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { collectWhenAsked } from './collect.ts'

collectWhenAsked()

const server = createServer()
const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536, perMessageDeflate: false })
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (one) => {
    one.on('message', (data) => one.send(data, () => {}))
  })
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.once('SIGTERM', () => process.exit(0))

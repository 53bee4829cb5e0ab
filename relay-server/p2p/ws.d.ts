/** The part of `ws` that the relay uses; the package brings no types. */
declare module 'ws' {
  import type { IncomingMessage } from 'node:http'
  import type { Duplex } from 'node:stream'

  export interface WebSocket {
    readonly bufferedAmount: number
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this
    on(event: 'pong', listener: () => void): this
    on(event: 'close', listener: (code: number) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    send(data: string | Uint8Array, sent: (error?: Error | null) => void): void
    ping(): void
    pause(): void
    resume(): void
    close(): void
    terminate(): void
  }

  export interface ServerOptions {
    noServer: true
    maxPayload: number
    perMessageDeflate: false
  }

  export class WebSocketServer {
    constructor(options: ServerOptions)
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      done: (socket: WebSocket) => void
    ): void
    close(done?: () => void): void
  }
}

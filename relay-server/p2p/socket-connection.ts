import { AbstractMultiaddrConnection, type AbstractMultiaddrConnectionInit } from '@libp2p/utils'
import type { WebSocket } from 'ws'

/** What libp2p hands over to be written: a list of chunks that can be read as one. */
type Chunks = Parameters<AbstractMultiaddrConnection['sendData']>[0]
type Sent = ReturnType<AbstractMultiaddrConnection['sendData']>

const GOING_AWAY = 1001
const NO_CODE = 1005

/**
 * A WebSocket of the shared HTTP port as a libp2p connection. Unlike the listener of `@libp2p/websockets` it holds back a sender that the
 * relay cannot keep up with (measured there: hundreds of MiB in memory), and it knows the client's real address behind a proxy.
 */
export class SocketConnection extends AbstractMultiaddrConnection {
  readonly #socket: WebSocket
  readonly #most: number
  #full = false

  /** `most`: bytes that may wait in the socket before writers wait. */
  constructor(init: AbstractMultiaddrConnectionInit, socket: WebSocket, most: number) {
    super(init)
    this.#socket = socket
    this.#most = most
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.onData(new Uint8Array(data.buffer, data.byteOffset, data.length))
      else this.abort(new Error('a text message on a libp2p socket'))
    })
    // `close` follows, and says all there is to say.
    socket.on('error', () => {})
    socket.on('close', (code) => {
      const clean = code <= GOING_AWAY || code === NO_CODE
      if (clean || this.status === 'closed' || this.status === 'aborted') this.onTransportClosed()
      else this.onRemoteReset()
    })
  }

  sendData(data: Chunks): Sent {
    const bytes = data.subarray()
    this.#socket.send(bytes, () => this.#written())
    this.#full = this.#socket.bufferedAmount >= this.#most
    return { sentBytes: bytes.length, canSendMore: !this.#full }
  }

  #written(): void {
    if (!this.#full || this.#socket.bufferedAmount > this.#most / 2) return
    this.#full = false
    this.safeDispatchEvent('drain')
  }

  sendReset(): void {
    this.#socket.terminate()
  }

  async sendClose(): Promise<void> {
    this.#socket.close()
  }

  sendPause(): void {
    this.#socket.pause()
  }

  sendResume(): void {
    this.#socket.resume()
  }
}

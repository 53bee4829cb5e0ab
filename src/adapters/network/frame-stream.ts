import type { Stream } from '@libp2p/interface'
import { createFrameDecoder, encodeFrame } from '../../protocol/frames.ts'

/** Longest wait for a full stream to take more, ms: then the other side hangs. */
const DRAIN_TIMEOUT = 30_000

export interface FrameHandlers {
  onFrame(frame: Uint8Array): void
  /** Once: nothing more will come, and nothing can be sent. */
  onEnd(): void
}

/** One libp2p stream that carries length-prefixed frames both ways. */
export interface FrameStream {
  /** Resolves when the stream has room again; false when it has ended. Frames leave in the order of the calls. */
  send(frame: Uint8Array): Promise<boolean>
  close(): Promise<void>
  abort(): void
}

/** Takes over a stream. A frame that is too long or malformed ends it: where the next one would begin is unknown. */
export const frameStream = (stream: Stream, handlers: FrameHandlers): FrameStream => {
  const decoder = createFrameDecoder()
  let ended = false
  let turn = Promise.resolve(true)

  const end = (): void => {
    if (ended) return
    ended = true
    handlers.onEnd()
  }
  const abort = (): void => {
    stream.abort(new Error('frame stream ended'))
    end()
  }
  const write = async (bytes: Uint8Array): Promise<boolean> => {
    if (ended) return false
    try {
      if (!stream.send(bytes)) await stream.onDrain({ signal: AbortSignal.timeout(DRAIN_TIMEOUT) })
      return true
    } catch {
      abort()
      return false
    }
  }

  stream.addEventListener('close', end)
  // The other side says no more; a stream that only one side uses is of no use to us.
  stream.addEventListener('remoteCloseWrite', () => void close())
  stream.addEventListener('message', ({ data }) => {
    if (ended) return
    const frames = decoder.push(data instanceof Uint8Array ? data : data.subarray())
    if (!frames.ok) return abort()
    for (const frame of frames.value) handlers.onFrame(frame)
  })

  const close = async (): Promise<void> => {
    end()
    await stream.close({ signal: AbortSignal.timeout(1_000) }).catch(() => abort())
  }
  return {
    send: (frame) => {
      const bytes = encodeFrame(frame)
      turn = turn.then(() => write(bytes))
      return turn
    },
    close,
    abort,
  }
}

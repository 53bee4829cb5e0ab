import type { Stream } from '@libp2p/interface'
import { createFrameDecoder, encodeFrame } from '../../protocol/frames.ts'

/** A libp2p stream that carries whole frames. */
export interface FrameStream {
  /** False when the stream is gone or did not take the frame in time. */
  send(payload: Uint8Array): Promise<boolean>
  close(): void
}

/** A peer that reads this slowly for this long is as good as gone, ms. */
const DRAIN_TIMEOUT = 10_000

/** Cuts a stream into frames. A stream with malformed or oversized frames is aborted. */
export const frameStream = (
  stream: Stream,
  on: { readonly frame: (payload: Uint8Array) => void; readonly close: () => void }
): FrameStream => {
  const decoder = createFrameDecoder()
  let last: Promise<boolean> = Promise.resolve(true)
  stream.addEventListener('message', (event) => {
    const frames = decoder.push(event.data.subarray())
    if (!frames.ok) {
      stream.abort(new Error('malformed frame'))
      return
    }
    for (const frame of frames.value) on.frame(frame)
  })
  stream.addEventListener('close', () => on.close(), { once: true })
  // The other side has said its last word; these streams are of no use half open.
  stream.addEventListener('remoteCloseWrite', () => void stream.close().catch(() => stream.abort(new Error('closed'))), { once: true })

  const write = async (payload: Uint8Array): Promise<boolean> => {
    if (stream.status !== 'open') return false
    try {
      if (!stream.send(encodeFrame(payload))) await stream.onDrain({ signal: AbortSignal.timeout(DRAIN_TIMEOUT) })
      return true
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('send failed'))
      return false
    }
  }
  return {
    send: (payload) => {
      last = last.then(() => write(payload))
      return last
    },
    close: () => void stream.close().catch(() => stream.abort(new Error('closed'))),
  }
}

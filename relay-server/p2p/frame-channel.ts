import type { Stream } from '@libp2p/interface'
import { createFrameDecoder, encodeFrame } from '../../src/protocol/frames.ts'

/** Frames of one libp2p stream, one at a time. */
export interface FrameChannel {
  /** Sends a frame; returns when the stream can take the next. Throws when it is over. */
  send(frame: Uint8Array): Promise<void>
  /** Says goodbye: what was sent still arrives. */
  close(): Promise<void>
  /** Ends it at once. */
  abort(): void
}

export interface FrameHandlers {
  /** The next frame is read only after this is done, so a peer cannot make us buffer. */
  readonly onFrame: (frame: Uint8Array) => Promise<void>
  readonly onEnd: () => void
}

/** Reads and writes length-prefixed frames. A peer that breaks the framing, or whose frame fails, is cut off. */
export const openFrameChannel = (stream: Stream, { onFrame, onEnd }: FrameHandlers): FrameChannel => {
  const decoder = createFrameDecoder()
  const waiting: Uint8Array[] = []
  let busy = false
  let over = false

  const end = (): void => {
    if (over) return
    over = true
    waiting.length = 0
    onEnd()
  }
  const abort = (): void => {
    stream.abort(new Error('the stream broke its protocol'))
    end()
  }

  const work = async (): Promise<void> => {
    if (busy) return
    busy = true
    try {
      for (let frame = waiting.shift(); frame && !over; frame = waiting.shift()) await onFrame(frame)
      if (!over && stream.readStatus === 'paused') stream.resume()
    } catch {
      abort()
    } finally {
      busy = false
    }
    if (waiting.length > 0 && !over) void work()
  }

  stream.addEventListener('message', ({ data }) => {
    if (over) return
    const frames = decoder.push(data instanceof Uint8Array ? data : data.subarray())
    if (!frames.ok) return abort()
    if (frames.value.length === 0) return
    waiting.push(...frames.value)
    if (stream.readStatus === 'readable') stream.pause()
    void work()
  })
  stream.addEventListener('remoteCloseWrite', end)
  stream.addEventListener('close', end)

  return {
    send: async (frame) => {
      if (!stream.send(encodeFrame(frame))) await stream.onDrain()
    },
    close: () => stream.close(),
    abort,
  }
}

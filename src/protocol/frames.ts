/** Frames on our libp2p streams: an unsigned varint with the length, then that many bytes. Streams do not keep message boundaries. */
import { concatBytes } from '../lib/bytes.ts'
import { err, ok, type Result } from '../lib/result.ts'
import { LIMITS } from './limits.ts'

export interface FrameError {
  readonly kind: 'frame'
  readonly reason: 'too-large' | 'malformed'
}

/** Reads frames out of the chunks of one stream. After an error it answers with that error for ever: the stream is lost. */
export interface FrameDecoder {
  /** Takes the next chunk; returns the frames that are whole now, in order. */
  push(chunk: Uint8Array): Result<readonly Uint8Array[], FrameError>
  /** Bytes of an unfinished frame. */
  pending(): number
}

/** One frame with its length before it. Throws a `RangeError` above `most` bytes: the caller made it. */
export const encodeFrame = (payload: Uint8Array, most: number = LIMITS.frameBytes): Uint8Array => {
  if (payload.length > most) throw new RangeError(`a frame has at most ${most} bytes`)
  const length: number[] = []
  let rest = payload.length
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) length.push((rest % 0x80) | 0x80)
  return concatBytes(Uint8Array.of(...length, rest), payload)
}

/** Makes a decoder that refuses frames of more than `most` bytes before it has buffered them. */
export const createFrameDecoder = (most: number = LIMITS.frameBytes): FrameDecoder => {
  let parts: Uint8Array[] = []
  let held = 0
  /** Bytes of the payload that are still missing; undefined while the length is being read. */
  let wanted: number | undefined
  let length = 0
  let scale = 1
  let broken: FrameError | undefined

  const broke = (reason: FrameError['reason']): Result<never, FrameError> => {
    parts = []
    broken = { kind: 'frame', reason }
    return err(broken)
  }

  return {
    pending: () => held,
    push: (chunk) => {
      if (broken) return err(broken)
      const frames: Uint8Array[] = []
      let offset = 0
      while (offset < chunk.length || wanted === 0) {
        if (wanted === undefined) {
          const byte = chunk[offset++]!
          // A final zero byte would be a second way to write the same number.
          if (byte === 0 && scale > 1) return broke('malformed')
          length += (byte & 0x7f) * scale
          scale *= 0x80
          if (length > most || (byte >= 0x80 && scale > most)) return broke('too-large')
          if (byte < 0x80) wanted = length
        } else {
          const part = chunk.subarray(offset, offset + wanted)
          offset += part.length
          wanted -= part.length
          parts.push(part.slice())
          held += part.length
          if (wanted > 0) continue
          frames.push(parts.length === 1 ? parts[0]! : concatBytes(...parts))
          parts = []
          held = length = 0
          scale = 1
          wanted = undefined
        }
      }
      return ok(frames)
    },
  }
}

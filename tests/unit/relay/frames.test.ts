import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../../src/lib/bytes.ts'
import { createFrameDecoder, encodeFrame } from '../../../src/protocol/frames.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'

const RUNS = { numRuns: 1_000 }
const plain = (bytes: Uint8Array): number[] => [...bytes]

describe('frames', () => {
  test('come out as they went in, however the stream cuts them', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
    fc.assert(
      fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 200 })), (payloads, sizes) => {
        const stream = concatBytes(...payloads.map((payload) => encodeFrame(payload)))
        const decoder = createFrameDecoder()
        const read: number[][] = []
        for (let offset = 0; offset < stream.length;) {
          const size = Number(sizes.next().value)
          const result = decoder.push(stream.subarray(offset, offset + size))
          if (!result.ok) throw new Error(result.error.reason)
          read.push(...result.value.map(plain))
          offset += size
        }
        expect(read).toEqual(payloads.map(plain))
        expect(decoder.pending()).toBe(0)
      }),
      RUNS
    )
  })

  test('any bytes give frames within the bound, or a typed error for ever after', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 }), (chunks) => {
        const decoder = createFrameDecoder(100)
        let broken = false
        for (const chunk of chunks) {
          const result = decoder.push(chunk)
          if (result.ok) expect(result.value.every((frame) => frame.length <= 100)).toBe(true)
          else expect(['too-large', 'malformed']).toContain(result.error.reason)
          if (broken) expect(result.ok).toBe(false)
          broken = !result.ok
          expect(decoder.pending()).toBeLessThanOrEqual(100)
        }
      }),
      RUNS
    )
  })

  test('a frame over the bound is refused from its length alone', () => {
    const decoder = createFrameDecoder()
    const [largest, larger] = [new Uint8Array(LIMITS.frameBytes), new Uint8Array(LIMITS.frameBytes + 1)]
    expect(decoder.push(encodeFrame(largest))).toMatchObject({
      ok: true,
      value: [{ length: LIMITS.frameBytes }],
    })
    expect(() => encodeFrame(larger)).toThrow(RangeError)
    const header = encodeFrame(larger, larger.length).subarray(0, 3)
    expect(decoder.push(header)).toEqual({ ok: false, error: { kind: 'frame', reason: 'too-large' } })
    expect(decoder.push(encodeFrame(new Uint8Array(1))).ok).toBe(false)
  })

  test('a length is written in one way only', () => {
    expect(createFrameDecoder().push(Uint8Array.of(0x81, 0x00, 7))).toEqual({
      ok: false,
      error: { kind: 'frame', reason: 'malformed' },
    })
    expect(createFrameDecoder().push(Uint8Array.of(0x80, 0x80, 0x80, 0x80)).ok).toBe(false)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { bucketLength, pad, unpad } from '../../../src/protocol/padding.ts'
import { RUNS } from '../../support/bytes.ts'

describe('padding', () => {
  test('takes off what it put on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), (content) => {
        expect(unpad(pad(content))).toEqual(content)
      }),
      RUNS
    )
  })

  test('is at least 256 bytes and costs at most an eighth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LIMITS.textBytes + 4_096 }), (length) => {
        const bucket = bucketLength(length + 1)
        expect(bucket).toBeGreaterThanOrEqual(Math.max(256, length + 1))
        if (length >= 256) expect(bucket - (length + 1)).toBeLessThanOrEqual(length / 8)
      }),
      RUNS
    )
  })

  test('leaves few lengths to tell apart', () => {
    const lengths = new Set<number>()
    for (let length = 1; length <= LIMITS.textBytes; length += 7) lengths.add(bucketLength(length))
    expect(lengths.size).toBeLessThan(80)
  })

  test('the longest text with its frame stays within the limit of a content', () => {
    expect(bucketLength(LIMITS.textBytes + 1_024)).toBeLessThanOrEqual(LIMITS.contentBytes)
  })

  test('says when there is none, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const content = unpad(bytes)
        if (content) expect(bytes[content.length]).toBe(0x80)
        else expect(bytes.findLast((byte) => byte !== 0)).not.toBe(0x80)
      }),
      RUNS
    )
    expect(unpad(new Uint8Array(256))).toBeUndefined()
    expect(unpad(new Uint8Array())).toBeUndefined()
    expect(unpad(new Uint8Array(LIMITS.contentBytes + 1).fill(0x80))).toBeUndefined()
  })
})

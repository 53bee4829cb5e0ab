import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareClock, receiveClock, tick, type HybridClock } from '../../../src/protocol/clock.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { RUNS } from '../../support/bytes.ts'

const NOW = 1_790_000_000_000
const clock = (from = NOW - 10_000, to = NOW + 10_000): fc.Arbitrary<HybridClock> =>
  fc.record({
    physical: fc.integer({ min: from, max: to }),
    logical: fc.integer({ min: 0, max: 0xffff_ffff }),
  })

describe('hybrid logical clock', () => {
  test('what is written later sorts later, even when the wall clock goes back', () => {
    fc.assert(
      fc.property(
        clock(),
        fc.array(fc.integer({ min: NOW - 20_000, max: NOW + 20_000 }), { maxLength: 20 }),
        (start, times) => {
          let local = start
          for (const now of times) {
            const next = tick(now, local)
            expect(compareClock(next, local)).toBeGreaterThan(0)
            expect(next.logical).toBeLessThanOrEqual(0xffff_ffff)
            local = next
          }
        }
      ),
      RUNS
    )
  })

  test('an answer sorts after what it answers', () => {
    fc.assert(
      fc.property(clock(), clock(NOW - 10_000, NOW + LIMITS.clockSkew), (local, remote) => {
        const answer = tick(NOW, receiveClock(NOW, local, remote))
        expect(compareClock(answer, remote)).toBeGreaterThan(0)
        expect(compareClock(answer, local)).toBeGreaterThan(0)
      }),
      RUNS
    )
  })

  test('a clock more than five minutes ahead never advances ours', () => {
    const local = { physical: NOW, logical: 3 }
    expect(receiveClock(NOW, local, { physical: NOW + LIMITS.clockSkew + 1, logical: 0 })).toEqual(local)
    expect(receiveClock(NOW, local, { physical: NOW + LIMITS.clockSkew, logical: 0 }).physical).toBe(
      NOW + LIMITS.clockSkew
    )
  })

  test('a remote counter at its end does not stop us from writing', () => {
    const seen = receiveClock(
      NOW,
      { physical: NOW, logical: 0 },
      { physical: NOW + 1_000, logical: 0xffff_ffff }
    )
    expect(tick(NOW, seen)).toEqual({ physical: NOW + 1_001, logical: 0 })
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { advance } from '../../../src/core/domain/send-state.ts'
import type { SendState } from '../../../src/core/domain/message.ts'

const ORDER: readonly SendState[] = ['pending', 'sent', 'delivered', 'read']
const states = fc.constantFrom(...ORDER)

test('a sent message never goes back, in whatever order its news arrive', () => {
  fc.assert(
    fc.property(fc.array(states, { maxLength: 20 }), (news) => {
      let state: ReturnType<typeof advance> = 'pending'
      for (const reached of news) {
        const next = advance(state, reached)
        expect(ORDER.indexOf(next as SendState)).toBeGreaterThanOrEqual(ORDER.indexOf(state as SendState))
        state = next
      }
      const furthest = Math.max(0, ...news.map((reached) => ORDER.indexOf(reached)))
      expect(state).toBe(ORDER[furthest])
    })
  )
})

test('a failed message is revived by proof that it arrived, not by being pending', () => {
  expect(advance('failed', 'pending')).toBe('failed')
  expect(advance('failed', 'delivered')).toBe('delivered')
})

test('a received message has no send state', () => {
  expect(advance('received', 'read')).toBe('received')
})

import { expect, test } from 'vitest'
import { createEmitter } from '../../../src/core/emitter.ts'

test('listeners are told in order until they end', () => {
  const emitter = createEmitter<{ tick: number }>()
  const seen: string[] = []
  const end = emitter.on('tick', (n) => seen.push(`a${n}`))
  emitter.on('tick', (n) => seen.push(`b${n}`))
  emitter.emit('tick', 1)
  end()
  emitter.emit('tick', 2)
  expect(seen).toEqual(['a1', 'b1', 'b2'])
})

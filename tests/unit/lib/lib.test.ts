import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoff } from '../../../src/lib/backoff.ts'
import {
  equalBytes,
  fromBase64Url,
  fromHex,
  fromUtf8,
  toBase64Url,
  toHex,
  utf8,
} from '../../../src/lib/bytes.ts'
import { createKeyedQueue } from '../../../src/lib/keyed-queue.ts'

describe('bytes', () => {
  test('hex and base64url come back as they were, and other text is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        for (const hex of [toHex(bytes), toHex(bytes).toUpperCase()])
          expect(equalBytes(fromHex(hex) ?? new Uint8Array(1), bytes)).toBe(true)
        expect(equalBytes(fromBase64Url(toBase64Url(bytes)) ?? new Uint8Array(1), bytes)).toBe(true)
      })
    )
    for (const text of ['a', 'zz', '0x00']) expect(fromHex(text)).toBeUndefined()
    // 'AB' has bits set below the last whole byte: there must be one way only to write a value.
    for (const text of ['A', 'AB', '+/', 'AA==']) expect(fromBase64Url(text)).toBeUndefined()
  })

  test('UTF-8 is strict', () => {
    expect(fromUtf8(utf8('olá 👋🏽 你好'))).toBe('olá 👋🏽 你好')
    expect(fromUtf8(Uint8Array.of(0xc3, 0x28))).toBeUndefined()
  })
})

test('one key runs one after another, another key beside it, and a failure does not stop the next', async () => {
  const queue = createKeyedQueue()
  const log: string[] = []
  const release: (() => void)[] = []
  const first = queue.run('a', async () => {
    await new Promise<void>((resolve) => release.push(resolve))
    log.push('a1')
    throw new Error('planned')
  })
  const second = queue.run('a', async () => void log.push('a2'))
  await queue.run('b', async () => void log.push('b1'))
  expect([queue.isIdle('a'), queue.isIdle('c')]).toEqual([false, true])
  release[0]?.()
  await expect(first).rejects.toThrow('planned')
  await second
  expect(log).toEqual(['b1', 'a1', 'a2'])
  expect(queue.isIdle('a')).toBe(true)
})

test('a wait doubles up to its most and is at least half of that', () => {
  const policy = { first: 100, most: 1_000 }
  expect([1, 2, 3, 4, 5, 60].map((attempt) => backoff(policy, attempt, 1))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ])
  expect(backoff(policy, 1, 0)).toBe(50)
})

import { describe, expect, test } from 'vitest'
import { pureProvider } from '../../../src/signal/index.ts'
import { asText, createParty, utf8, type LibraryName } from './party.ts'

const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'
const PAIRS: readonly (readonly [LibraryName, LibraryName])[] = [
  ['ours', 'official'],
  ['official', 'ours'],
  ['ours', 'ours'],
]

describe.each(PAIRS)('spec §3 to §8: %s begins, %s answers', (first, second) => {
  test.each([
    ['a one-time prekey', { oneTime: true }],
    ['no one-time prekey', { oneTime: false }],
    ['ids of zero', { zeroIds: true }],
  ])('with %s', async (_, choice) => {
    const alice = createParty(first, ALICE, 1, { provider: pureProvider })
    const bob = createParty(second, BOB, 3)
    await alice.begin(bob, choice)
    const wire = await alice.encrypt(bob, utf8('hello'))
    expect(wire.type).toBe(3)
    expect(asText(await bob.decrypt(alice, wire))).toBe('hello')
    expect(bob.stores.state.preKeys.size).toBe(0)
    expect(bob.stores.state.kyberPreKeys.size).toBe(0)
    for (let i = 0; i < 60; i++) {
      const reply = await bob.encrypt(alice, utf8(`reply ${i}`))
      expect(reply.type).toBe(2)
      expect(asText(await alice.decrypt(bob, reply))).toBe(`reply ${i}`)
      const next = await alice.encrypt(bob, utf8(`next ${i}`))
      expect(next.type).toBe(2)
      expect(asText(await bob.decrypt(alice, next))).toBe(`next ${i}`)
    }
  })

  test('with names that are no service ids', async () => {
    const alice = createParty(first, 'alice')
    const bob = createParty(second, 'bob')
    await alice.begin(bob)
    expect(asText(await bob.decrypt(alice, await alice.encrypt(bob, utf8('hello'))))).toBe('hello')
    expect(asText(await alice.decrypt(bob, await bob.encrypt(alice, utf8('hi'))))).toBe('hi')
  })
})

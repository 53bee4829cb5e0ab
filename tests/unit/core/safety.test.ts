import { describe, expect, test } from 'vitest'
import { appearedDevices, reviewAfter } from '../../../src/core/domain/safety.ts'
import type { DeviceInfo } from '../../../src/core/domain/contact.ts'
import type { DeviceId } from '../../../src/protocol/ids.ts'

const device = (id: number, identityKey: string): DeviceInfo => ({
  id: id as DeviceId,
  identityKey,
  registrationId: 1,
  requestKey: '',
})

describe('what a newer device list means for a contact', () => {
  test('the first list of a contact is simply known', () => {
    expect(appearedDevices([], [device(1, 'a'), device(2, 'b')], [])).toEqual({ added: [], rekeyed: [] })
  })

  test('a new device is news, a removed one is none', () => {
    const appeared = appearedDevices(
      [device(1, 'a'), device(2, 'b')],
      [device(1, 'a'), device(3, 'c')],
      [1, 2]
    )
    expect(appeared).toEqual({ added: [3], rekeyed: [] })
  })

  test('an id that was gone and comes back is news', () => {
    expect(appearedDevices([device(1, 'a')], [device(1, 'a'), device(2, 'x')], [1, 2])).toEqual({
      added: [2],
      rekeyed: [],
    })
  })

  test('an id that comes with another key is told apart', () => {
    expect(appearedDevices([device(1, 'a')], [device(1, 'x')], [1])).toEqual({ added: [], rekeyed: [1] })
  })

  test('a new device stops sending only for a verified contact', () => {
    expect(reviewAfter('verified', { added: [2], rekeyed: [] })).toBe('review')
    expect(reviewAfter('unverified', { added: [2], rekeyed: [] })).toBe('unverified')
    expect(reviewAfter('review', { added: [2], rekeyed: [] })).toBe('review')
    expect(reviewAfter('verified', { added: [], rekeyed: [] })).toBe('verified')
  })

  test('another key for a known device stops sending for everybody', () => {
    expect(reviewAfter('unverified', { added: [], rekeyed: [1] })).toBe('review')
  })
})

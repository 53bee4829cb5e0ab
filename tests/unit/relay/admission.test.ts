import { expect, test } from 'vitest'
import { createAdmission, noAdmission } from '../../../relay-server/mailbox/admission.ts'
import type { DepositOutcome } from '../../../relay-server/mailbox/deposit.ts'
import type { AccountId } from '../../../src/protocol/ids.ts'

const shown = (name: string, key = 1, listRevision = 3) => ({
  account: name as AccountId,
  keyHash: new Uint8Array(32).fill(key),
  listRevision,
})
const taken = (more: { request?: boolean; keyEnds?: number } = {}): DepositOutcome => ({
  kind: 'done',
  request: false,
  keyEnds: null,
  stored: [],
  refused: ['quota'],
  fresh: [],
  ...more,
})

test('what the store has taken is admitted: the same key, and a device list that is no older', () => {
  const admission = createAdmission(10)
  expect(admission.admits(shown('ana'), 0)).toBe(false)
  admission.watch(shown('ana'))(taken())
  expect(admission.admits(shown('ana'), 0)).toBe(true)
  expect(admission.admits(shown('ana', 1, 4), 0)).toBe(true)
  expect(admission.admits(shown('ana', 1, 2), 0)).toBe(false)
  expect(admission.admits(shown('ana', 2), 0)).toBe(false)
  expect(admission.admits(shown('bia'), 0)).toBe(false)
})

test('a key is good until its end', () => {
  const admission = createAdmission(10)
  admission.watch(shown('ana'))(taken({ keyEnds: 500 }))
  expect(admission.admits(shown('ana'), 499)).toBe(true)
  expect(admission.admits(shown('ana'), 500)).toBe(false)
})

test.each<[string, DepositOutcome]>([
  ['a request key', taken({ request: true })],
  ['a wrong key', { kind: 'no-key' }],
  ['a request that is too large', { kind: 'too-large' }],
])('%s is not remembered, and changes nothing about the right one', (_name, outcome) => {
  const admission = createAdmission(10)
  admission.watch(shown('ana', 2))(outcome)
  expect(admission.admits(shown('ana', 2), 0)).toBe(false)
  admission.watch(shown('ana'))(taken())
  admission.watch(shown('ana', 2))(outcome)
  expect(admission.admits(shown('ana', 2), 0)).toBe(false)
  expect(admission.admits(shown('ana'), 0)).toBe(true)
})

test('a device list that came another way ends it at the first answer of the store', () => {
  const admission = createAdmission(10)
  admission.watch(shown('ana'))(taken())
  admission.watch(shown('ana'))({ kind: 'list-changed', revision: 9 })
  expect(admission.admits(shown('ana'), 0)).toBe(false)
})

test('while a key is replaced, the old one and the new one are good, each for the oldest list with which it was taken', () => {
  const admission = createAdmission(10)
  admission.watch(shown('ana', 1, 7))(taken())
  admission.watch(shown('ana', 2))(taken())
  admission.watch(shown('ana', 1, 3))(taken())
  for (const key of [1, 2]) expect(admission.admits(shown('ana', key), 0)).toBe(true)
  admission.watch(shown('ana', 3))(taken())
  expect([1, 2, 3].filter((key) => admission.admits(shown('ana', key), 0))).toEqual([1, 3])
})

test('a change of keys is the end of it, also for a deposit that was on its way', () => {
  const admission = createAdmission(10)
  admission.watch(shown('ana'))(taken())
  const onItsWay = admission.watch(shown('ana'))
  admission.forget(shown('ana').account)
  expect(admission.admits(shown('ana'), 0)).toBe(false)
  onItsWay(taken())
  expect(admission.admits(shown('ana'), 0)).toBe(false)
  admission.watch(shown('ana', 2))(taken())
  expect(admission.admits(shown('ana', 2), 0)).toBe(true)
})

test('remembers the accounts that were reached last, as many as it may', () => {
  const admission = createAdmission(2)
  for (const name of ['ana', 'bia', 'ana', 'caio']) admission.watch(shown(name))(taken())
  expect(['ana', 'bia', 'caio'].filter((name) => admission.admits(shown(name), 0))).toEqual(['ana', 'caio'])
})

test('a relay that shares its store admits nothing beforehand', () => {
  noAdmission.watch(shown('ana'))(taken())
  noAdmission.forget(shown('ana').account)
  expect(noAdmission.admits(shown('ana'), 0)).toBe(false)
})

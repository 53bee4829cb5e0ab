import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const NEGATIVE = 'tests/interop/signal/negative.test.ts'
const LIMITS = 'tests/interop/signal/limits.test.ts'
const FORMATS = 'tests/interop/signal/formats.test.ts'
const SCHEDULES = 'tests/interop/signal/schedules.test.ts'
const GROUPS = 'tests/interop/signal/groups.test.ts'
const SEALED = 'tests/interop/signal/sealed-sender.test.ts'

/** Every negative case of spec §17, and the test that has it. */
const CASES: readonly (readonly [string, string, string])[] = [
  ['FIPS KEM secret', NEGATIVE, 'the FIPS 203 secret instead of Kyber’s'],
  ['empty pq_ratchet', NEGATIVE, 'a message without pq_ratchet, or with one of version 0'],
  ['version nibbles 2/5', NEGATIVE, 'version byte %i'],
  ['version nibbles 2/5, before any session', FORMATS, 'PreKey version 5'],
  ['v3 PreKey', NEGATIVE, 'a PreKey message without Kyber, of version 4 and of version 3'],
  ['missing kyber fields', NEGATIVE, 'a PreKey message with half of its Kyber fields'],
  ['wrong addresses', NEGATIVE, 'addresses that aren’t ours'],
  ['flipped bits in every field: SignalMessage', NEGATIVE, 'a flipped bit anywhere in a SignalMessage'],
  [
    'flipped bits in every field: PreKeySignalMessage',
    NEGATIVE,
    'a flipped bit in a PreKeySignalMessage leaves the prekeys for the good copy',
  ],
  ['flipped bits in every field: sender keys', GROUPS, 'flipped bits change nothing'],
  ['flipped bits in every field: sealed sender v1', SEALED, 'version 1, content with hint and group'],
  ['flipped bits in every field: sealed sender v2', SEALED, 'version 2, many recipients'],
  ['replay', NEGATIVE, 'a replay of every kind of message'],
  ['jump 24,999/25,000', LIMITS, '24,999 skipped messages are fine, 25,000 are too many'],
  ['jump of a sender key', LIMITS, 'spec §9: in a group 25,000 ahead works, 25,001 doesn’t'],
  ['skipped-key limit 2000', NEGATIVE, 'of 2,101 skipped messages the newest 2,000 can still be read'],
  ['chain limit 5', NEGATIVE, 'four chains back is readable, five is not'],
  ['simultaneous initiation', SCHEDULES, 'spec §8.5: both begin at once, %s and %s'],
  ['archived-session promotion', NEGATIVE, 'an archived session is promoted when it decrypts'],
  ['40-limit', NEGATIVE, 'of 42 sessions the oldest is forgotten'],
  ['stale pending', NEGATIVE, 'an unanswered session ends after 30 days'],
  ['Kyber base-key reuse', NEGATIVE, 'a last-resort Kyber key refuses a base key that it has seen'],
  ['non-canonical base key', NEGATIVE, 'a base key that isn’t canonical'],
]

test.each(CASES)('spec §17: %s is in %s', async (_, file, title) => {
  expect(await readFile(file, 'utf8')).toContain(`'${title}'`)
})

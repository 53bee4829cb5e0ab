/** What a conversation's list keeps of what its window no longer holds. */
import { expect, test } from 'vitest'
import { keepOlder } from '../../../src/ui/features/conversation/rows.ts'
import { message } from '../../contract/storage/samples.ts'

const all = [1, 2, 3, 4, 5].map((n) => message(n))

test('what stood before the beginning of a window stays, what is gone from within does not', () => {
  expect(keepOlder(all, all.slice(2), message(3)), 'begun anew').toEqual(all)
  expect(keepOlder(all, all.slice(2), message(1)), 'the first two vanished').toEqual(all.slice(2))
  expect(keepOlder(all, all.slice(4), message(2)), 'the last before and all but one within').toEqual([
    all[0],
    all[4],
  ])
  expect(keepOlder(all, [], null), 'all of it was cleared').toEqual([])
})

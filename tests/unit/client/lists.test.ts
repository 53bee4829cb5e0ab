/** What crosses the bridge of a long list: the difference, which makes the new list out of the old one. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spliceBetween, spliced } from '../../../src/client/bridge/lists.ts'

test('any list out of any other', () => {
  const list = fc.array(fc.integer({ min: 0, max: 9 }))
  fc.assert(
    fc.property(list, list, (before, after) => {
      expect(spliced(before, spliceBetween(before, after))).toEqual(after)
    })
  )
})

test('one more at the end and one that changed in the middle are one item each, however long the list is', () => {
  const list = Array.from({ length: 10_000 }, (_, number) => ({ number }))
  const more = { number: -1 }
  expect(spliceBetween(list, [...list, more])).toEqual({ at: 10_000, removed: 0, added: [more] })
  expect(spliceBetween(list, list.with(5_000, more))).toEqual({ at: 5_000, removed: 1, added: [more] })
  expect(spliceBetween(list, list.toSpliced(7, 1))).toEqual({ at: 7, removed: 1, added: [] })
})

test('a difference to another list than this one is noticed where it does not fit', () => {
  expect(spliced([1, 2], { at: 2, removed: 1, added: [3] })).toBeUndefined()
})

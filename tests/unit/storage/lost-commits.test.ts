/** Commits that were reported and are gone: the person is told how many, and the device does not go on with the keys of before. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CommitMark } from '../../../src/adapters/storage/commits.ts'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import { OLDER_COPY, type Store } from '../../../src/core/ports/storage.ts'
import { newFolder } from '../../support/profile.ts'
import { ownAccount } from '../../contract/storage/samples.ts'

const KEY = 'ab'.repeat(32)

const markAt = (count: number | null): CommitMark & { readonly count: number | null } => ({
  count,
  read() {
    return this.count
  },
  write(next) {
    Object.assign(this, { count: next })
  },
  close: () => undefined,
})
const isOlderCopy = (store: Store): string | undefined => store.read((tx) => tx.settings.get(OLDER_COPY))

test('a file that holds fewer commits than were reported belongs to an older copy of the device, once', async () => {
  await using folder = await newFolder('commits')
  const open = (mark: CommitMark) => createStore(openNodeDriver(join(folder.path, 'a.db'), KEY), mark)
  const mark = markAt(null)
  const before = open(mark)
  before.transaction((tx) => tx.account.put(ownAccount))
  expect(isOlderCopy(before)).toBeUndefined()
  before.close()

  const cut = open(markAt((mark.count ?? 0) + 3))
  expect(cut.missing()).toBe(3)
  expect(isOlderCopy(cut)).toBe('yes')
  cut.transaction((tx) => tx.settings.put(OLDER_COPY, 'no'))
  cut.close()

  const after = open(markAt(null))
  expect(after.missing(), 'until the person has seen it').toBe(3)
  expect(isOlderCopy(after), 'it has become a device of its own since').toBe('no')
  after.close()
})

test('without an account there is no device to be older', async () => {
  await using folder = await newFolder('commits')
  const store = createStore(openNodeDriver(join(folder.path, 'a.db'), KEY), markAt(2))
  expect(store.missing()).toBe(2)
  expect(isOlderCopy(store)).toBeUndefined()
  store.close()
})

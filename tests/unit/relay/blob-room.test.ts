import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { BlobFiles } from '../../../relay-server/blobs/blob-files.ts'
import type { BlobStore } from '../../../relay-server/blobs/blob-store.ts'
import { createBlobs } from '../../../relay-server/blobs/blobs.ts'

const never = async (): Promise<never> => {
  throw new Error('not expected')
}
const ID = createHash('sha256').update(new Uint8Array(2)).digest('hex')

/** An upload of two bytes, where all blobs together take up so many. */
const append = async (held: number) => {
  const put: string[] = []
  const store: BlobStore = {
    grant: never,
    hasToken: never,
    begin: never,
    held: async () => held,
    find: async () => ({ size: 2, received: 0, complete: false }),
    advance: never,
    complete: async () => true,
    end: never,
    sweepTokens: never,
    ended: never,
    giveUp: never,
    remove: async () => {},
  }
  const files: BlobFiles = {
    put: async (id) => void put.push(id),
    get: never,
    remove: async () => {},
  }
  const blobs = createBlobs(store, files, { capacity: 100, lifetime: 1, unfinished: 1 })
  return { done: await blobs.append(ID, 0, new Uint8Array(2), 0), put }
}

test('a piece that there is no room for is written nowhere', async () => {
  expect(await append(101)).toEqual({ done: { outcome: 'full' }, put: [] })
  expect(await append(100)).toMatchObject({ done: { outcome: 'taken' }, put: [ID] })
})

/** What a sweep of attachments deletes when something is in its way. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { BlobFiles } from '../../../relay-server/blobs/blob-files.ts'
import type { BlobStore } from '../../../relay-server/blobs/blob-store.ts'
import { createBlobs } from '../../../relay-server/blobs/blobs.ts'

const never = (): never => {
  throw new Error('not asked for')
}

const sweepOf = (count: number, { broken, alive = [] }: { broken: readonly number[]; alive?: number[] }) => {
  const ids = Array.from({ length: count }, () => randomBytes(32))
  const named = (numbers: readonly number[]) => new Set(numbers.map((index) => ids[index]?.toString('hex')))
  const [bad, living] = [named(broken), named(alive)]
  const tried: string[] = []
  const removed: number[] = []
  const store: BlobStore = {
    grant: never,
    hasToken: never,
    begin: never,
    find: never,
    advance: never,
    complete: never,
    end: never,
    sweepTokens: never,
    ended: async () => ids.map((id) => ({ id, size: 1 })),
    isEnded: async (id) => !living.has(Buffer.from(id).toString('hex')),
    remove: async (some) => void removed.push(...some.map((id) => ids.findIndex((one) => one.equals(id)))),
  }
  const files: BlobFiles = {
    put: never,
    get: never,
    remove: async (id) => {
      tried.push(id)
      if (bad.has(id)) throw new Error(`broken ${tried.length}`)
    },
  }
  return { sweep: () => createBlobs(store, files, 1).sweep(0, count), tried, removed }
}

test('one that cannot be deleted keeps its row, and none of the others', async () => {
  const { sweep, removed } = sweepOf(4, { broken: [0, 2] })
  await expect(sweep()).rejects.toThrow('broken 1')
  expect(removed).toEqual([1, 3])
})

test('one that lives again stays', async () => {
  const { sweep, tried, removed } = sweepOf(3, { broken: [], alive: [1] })
  expect(await sweep()).toBe(3)
  expect([tried.length, removed]).toEqual([2, [0, 2]])
})

test('storage that is away is not asked for every one', async () => {
  const { sweep, tried } = sweepOf(100, { broken: [...Array(100).keys()] })
  await expect(sweep()).rejects.toThrow('broken 1')
  expect(tried.length).toBeLessThan(10)
})

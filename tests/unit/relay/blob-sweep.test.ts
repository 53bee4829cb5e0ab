/** What a sweep of attachments deletes when something is in its way. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { BlobFiles } from '../../../relay-server/blobs/blob-files.ts'
import type { BlobStore } from '../../../relay-server/blobs/blob-store.ts'
import { createBlobs } from '../../../relay-server/blobs/blobs.ts'

const never = (): never => {
  throw new Error('not asked for')
}

interface Case {
  readonly broken: readonly number[]
  readonly alive?: readonly number[]
  /** Ms that may go into failures. */
  readonly patience?: number
}

const sweepOf = (count: number, { broken, alive = [], patience = 60_000 }: Case) => {
  const ids = Array.from({ length: count }, () => randomBytes(32)).sort(Buffer.compare)
  const named = (numbers: readonly number[]) => new Set(numbers.map((index) => ids[index]?.toString('hex')))
  const [bad, living] = [named(broken), named(alive)]
  const tried: string[] = []
  const removed: number[] = []
  const store: BlobStore = {
    grant: never,
    hasToken: never,
    begin: never,
    find: never,
    held: never,
    advance: never,
    complete: never,
    end: never,
    sweepTokens: never,
    ended: async (_now, most, after) =>
      ids
        .filter((id) => Buffer.compare(id, after) > 0)
        .slice(0, most)
        .map((id) => ({ id, size: 1 })),
    giveUp: async (id) => !living.has(Buffer.from(id).toString('hex')),
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
  const blobs = createBlobs(store, files, { capacity: 1, lifetime: 1, unfinished: 1, failures: patience })
  return { sweep: (most = count + 1) => blobs.sweep(0, most), tried, removed }
}

test('those that cannot be deleted keep their rows, and none of the others', async () => {
  const { sweep, removed } = sweepOf(12, { broken: [...Array(10).keys()] })
  const { tried, deleted, failures } = await sweep()
  expect([tried, deleted, failures.length, removed]).toEqual([12, 2, 10, [10, 11]])
  expect(failures[0]).toEqual(new Error('broken 1'))
})

test('one that lives again stays', async () => {
  const { sweep, tried, removed } = sweepOf(3, { broken: [], alive: [1] })
  expect((await sweep()).tried).toBe(3)
  expect([tried.length, removed]).toEqual([2, [0, 2]])
})

test('storage that takes its time to fail is not asked for every one, and the next sweep goes on with the others', async () => {
  const { sweep, tried, removed } = sweepOf(4, { broken: [0, 1], patience: 0 })
  expect(await sweep()).toMatchObject({ tried: 1, deleted: 0 })
  expect(await sweep()).toMatchObject({ tried: 1, deleted: 0 })
  expect(await sweep(2)).toMatchObject({ tried: 2, deleted: 2, failures: [] })
  expect([tried.length, removed]).toEqual([4, [2, 3]])
  // And then those that failed have their turn again.
  await sweep()
  expect(await sweep()).toMatchObject({ tried: 1, deleted: 0 })
  expect(tried[4]).toBe(tried[0])
})

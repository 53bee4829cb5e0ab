/** The part of the store's suite that is about attachments. */
import { createHash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createBlobs } from '../../../relay-server/blobs/blobs.ts'
import { createDiskFiles } from '../../../relay-server/blobs/disk-files.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { newFolder } from '../../support/profile.ts'
import type { NewBlob } from '../../../relay-server/blobs/blob-store.ts'
import type { RelayStore } from '../../../relay-server/store/relay-store.ts'

const bytes = (): Uint8Array => new Uint8Array(randomBytes(32))

export const blobStoreCases = (storeOf: () => RelayStore): void => {
  const granted = async (quota: number, expiresAt = 9_000): Promise<Uint8Array> => {
    const token = bytes()
    await storeOf().blobs.grant(token, quota, expiresAt)
    return token
  }
  const blob = (token: Uint8Array, more: Partial<NewBlob> = {}): NewBlob => ({
    id: bytes(),
    size: 100,
    token,
    now: 1_000,
    expiresAt: 2_000,
    keepUntil: 5_000,
    capacity: 1_000_000,
    ...more,
  })

  test('a token pays for what it begins, once, until its time is over', async () => {
    const { blobs } = storeOf()
    const token = await granted(250)
    await blobs.grant(token, 1_000_000, 99_000)
    const first = blob(token)
    expect(await blobs.begin(first)).toEqual({ size: 100, received: 0, complete: false })
    expect(await blobs.begin(first)).toEqual({ size: 100, received: 0, complete: false })
    expect(await blobs.begin({ ...first, size: 101 })).toBe('other-size')
    expect(await blobs.begin(blob(token))).toMatchObject({ received: 0 })
    expect(await blobs.begin(blob(token))).toBe('quota')
    expect(await blobs.begin(blob(token, { size: 50 }))).toMatchObject({ received: 0 })
    expect(await blobs.begin(blob(token, { now: 9_000 }))).toBe('no-token')
    expect(await blobs.begin(blob(bytes()))).toBe('no-token')
    expect([await blobs.hasToken(token, 8_999), await blobs.hasToken(token, 9_000)]).toEqual([true, false])
    expect(await blobs.sweepTokens(9_000, 10)).toBe(1)
  })

  test('there is room for so many bytes, however many begin at once', async () => {
    const { blobs, census } = storeOf()
    const token = await granted(1_000_000)
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => blobs.begin(blob(token, { capacity: 550 })))
    )
    expect(outcomes.filter((one) => one === 'full')).toHaveLength(7)
    expect(await census.take()).toMatchObject({ blobs: 5, blobBytes: 500 })
  })

  test('room is taken by what is sent and not by what is said', async () => {
    const { blobs } = storeOf()
    const MIB = 1_048_576
    const token = await granted(100 * MIB)
    const big = { size: 5 * MIB, capacity: 10 * MIB }
    const [first, ...others] = Array.from({ length: 7 }, () => blob(token, big))
    const begun: unknown[] = []
    for (const one of [first, ...others]) begun.push(one && (await blobs.begin(one)))
    // Each holds room for its next piece, and the last would not go into what is left.
    expect(begun.map((one) => one === 'full')).toEqual([false, false, false, false, false, false, true])
    expect(await blobs.held()).toBe(6 * MIB)
    const id = first?.id ?? bytes()
    expect(await blobs.advance(id, 0, 4 * MIB, 3_000)).toBe(true)
    expect(await blobs.held()).toBe(10 * MIB)
    expect(await blobs.complete(id, 4 * MIB, 5 * MIB, 3_000)).toBe(true)
    expect(await blobs.held()).toBe(10 * MIB)
    expect(await blobs.begin(blob(token, { size: 1, capacity: 10 * MIB }))).toBe('full')
  })

  test('an upload moves on from where it stands, by one of those who try', async () => {
    const { blobs } = storeOf()
    const one = blob(await granted(1_000))
    await blobs.begin(one)
    const moves = await Promise.all([0, 0, 0].map((from) => blobs.advance(one.id, from, 60, 3_000)))
    expect(moves.filter(Boolean)).toHaveLength(1)
    expect(await blobs.advance(one.id, 0, 100, 3_000)).toBe(false)
    expect(await blobs.advance(one.id, 60, 80, 3_000)).toBe(true)
    const ends = await Promise.all([60, 80, 80].map((from) => blobs.complete(one.id, from, 100, 4_000)))
    expect(ends.filter(Boolean)).toHaveLength(1)
    expect(await blobs.find(one.id, 3_999)).toEqual({ size: 100, received: 100, complete: true })
    expect(await blobs.advance(one.id, 100, 60, 3_000)).toBe(false)
    // Somebody has the same bytes to send: they are kept longer.
    expect(await blobs.begin({ ...one, now: 3_000, keepUntil: 7_000 })).toMatchObject({ complete: true })
    expect(await blobs.find(one.id, 6_999)).toMatchObject({ complete: true })
    expect(await blobs.find(one.id, 7_000)).toBeUndefined()
  })

  test('room is kept by what comes, not by asking for it again', async () => {
    const { blobs } = storeOf()
    const one = blob(await granted(1_000))
    await blobs.begin(one)
    expect(await blobs.begin({ ...one, now: 1_500, expiresAt: 2_500 })).toMatchObject({ received: 0 })
    expect(await blobs.find(one.id, 2_000)).toBeUndefined()
    const other = blob(await granted(1_000))
    await blobs.begin(other)
    expect(await blobs.advance(other.id, 0, 50, 3_000)).toBe(true)
    expect(await blobs.find(other.id, 2_999)).toMatchObject({ received: 50 })
    await blobs.begin({ ...other, now: 2_500, expiresAt: 3_500 })
    expect(await blobs.find(other.id, 3_000)).toBeUndefined()
  })

  test('an upload that nothing came of in its time begins again, and is paid for', async () => {
    const { blobs } = storeOf()
    const one = blob(await granted(100))
    await blobs.begin(one)
    const later = { ...one, now: 2_000, expiresAt: 3_000 }
    expect(await blobs.begin({ ...later, size: 99 })).toBe('going')
    expect(await blobs.begin({ ...later, capacity: 99 })).toBe('full')
    expect(await blobs.begin({ ...later, capacity: 100 })).toEqual({
      size: 100,
      received: 0,
      complete: false,
    })
    expect(await blobs.giveUp(one.id, 2_000)).toBe(false)
    expect(await blobs.advance(one.id, 0, 50, 4_000)).toBe(true)
    // Something came of it: that is deleted first.
    expect(await blobs.begin({ ...later, now: 4_000, expiresAt: 5_000 })).toBe('going')
  })

  test('what has ended is named until it is removed, and does not begin anew before', async () => {
    const { blobs } = storeOf()
    const token = await granted(1_000)
    const [old, ended, young] = [blob(token), blob(token), blob(token, { expiresAt: 8_000 })]
    for (const one of [old, ended, young]) await blobs.begin(one)
    expect([await blobs.end(ended.id, 50), await blobs.end(ended.id, 0)]).toEqual([false, true])
    const all = new Uint8Array()
    expect(await blobs.ended(1_000, 10, all)).toEqual([{ id: ended.id, size: 100 }])
    expect(await blobs.ended(2_000, 10, all)).toHaveLength(2)
    const [first] = await blobs.ended(2_000, 1, all)
    const rest = await blobs.ended(2_000, 10, first?.id ?? all)
    expect([first?.id, ...rest.map(({ id }) => id)].map((id) => toHex(id ?? all))).toEqual(
      [old.id, ended.id].map(toHex).sort()
    )
    expect([await blobs.giveUp(old.id, 1_999), await blobs.giveUp(old.id, 2_000)]).toEqual([false, true])
    expect(await blobs.begin({ ...old, now: 2_000 })).toBe('going')
    expect(await blobs.advance(old.id, 0, 50, 3_000)).toBe(false)
    await blobs.remove([old.id, ended.id])
    await blobs.remove([])
    expect(await blobs.ended(2_000, 10, all)).toEqual([])
    expect(await blobs.giveUp(old.id, 2_000)).toBe(false)
    expect(await blobs.begin({ ...old, now: 2_000, expiresAt: 3_000 })).toMatchObject({ received: 0 })
    expect(await blobs.find(young.id, 2_000)).toBeDefined()
  })

  test('a wrong last piece at one relay does not harm what another one has finished meanwhile', async () => {
    await using folder = await newFolder('blobs')
    const files = createDiskFiles(folder.path)
    const settings = { capacity: 100_000_000, lifetime: 5_000, unfinished: 5_000 }
    const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const wait = async (): Promise<void> => {
      reached.resolve()
      await go.promise
    }
    const first = createBlobs(storeOf().blobs, files, settings)
    // The second is slow: whatever it does with the files, it does when the first has finished.
    const second = createBlobs(
      storeOf().blobs,
      {
        put: async (...args) => wait().then(() => files.put(...args)),
        get: async (...args) => wait().then(() => files.get(...args)),
        remove: files.remove,
      },
      settings
    )
    const content = randomBytes(LIMITS.blobChunk + 10)
    const hash = createHash('sha256').update(content).digest()
    const [id, size] = [hash.toString('hex'), content.length]
    await storeOf().blobs.begin(
      blob(await granted(size), { id: new Uint8Array(hash), size, capacity: settings.capacity })
    )
    const [head, tail] = [content.subarray(0, LIMITS.blobChunk), content.subarray(LIMITS.blobChunk)]
    expect(await first.append(id, 0, head, 1_000)).toMatchObject({ outcome: 'taken' })
    const late = second.append(id, LIMITS.blobChunk, new Uint8Array(10), 1_000)
    await reached.promise
    expect(await first.append(id, LIMITS.blobChunk, tail, 1_000)).toMatchObject({ outcome: 'taken' })
    go.resolve()

    expect(await late).toEqual({ outcome: 'elsewhere', state: { size, received: size, complete: true } })
    const kept = await first.read(id, { first: 0, last: size - 1 })
    expect(kept && Buffer.compare(await buffer(kept), content)).toBe(0)
  })
}

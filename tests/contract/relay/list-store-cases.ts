/** The part of the store's suite that is about device lists, of which `LIMITS` of the suite allows two of strangers and two of one key. */
import { randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { CheckedRecord } from '../../../relay-server/lists/list-store.ts'
import type { RelayStore } from '../../../relay-server/store/relay-store.ts'
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts'

interface Under {
  readonly store: () => RelayStore
  /** Closes the store and opens it again. */
  readonly reopen: () => Promise<void>
}

const ONE = 1 as DeviceId
const bytes = (size: number): Uint8Array => new Uint8Array(randomBytes(size))
const nobody = (): AccountId => randomUUID() as string as AccountId

export const listStoreCases = ({ store, reopen }: Under): void => {
  test('lists only go forward', async () => {
    const record = (revision: number, more: Partial<CheckedRecord> = {}): CheckedRecord => ({
      locator: new Uint8Array(32),
      publishKey: new Uint8Array(32),
      revision,
      bytes: bytes(20),
      ...more,
    })
    const at = { home: true, now: 5 }
    const second = record(2)
    expect(await store().lists.put(record(1), at)).toEqual({ outcome: 'stored' })
    expect(await store().lists.put(second, at)).toEqual({ outcome: 'stored' })
    expect(await store().lists.put(second, at)).toEqual({ outcome: 'same' })
    for (const old of [record(1), record(2)]) {
      expect(await store().lists.put(old, at)).toEqual({ outcome: 'older', record: second.bytes })
    }
    expect(await store().lists.put(record(3, { publishKey: bytes(32) }), at)).toEqual({ outcome: 'foreign' })
    await reopen()
    expect(await store().lists.get(new Uint8Array(32))).toEqual(second.bytes)
    expect(await store().lists.get(bytes(32))).toBeUndefined()
  })

  test('lists of many at once: the highest revision stays', async () => {
    const locator = bytes(32)
    const publishKey = bytes(32)
    const records = [3, 1, 5, 2, 4].map((revision) => ({
      locator,
      publishKey,
      revision,
      bytes: Uint8Array.of(revision),
    }))
    await Promise.all(records.map((record) => store().lists.put(record, { home: false, now: 1 })))
    expect(await store().lists.get(locator)).toEqual(Uint8Array.of(5))
  })

  test('lists of strangers have an end and an age', async () => {
    const put = (locator: Uint8Array, home: boolean, now: number) =>
      store().lists.put({ locator, publishKey: bytes(32), revision: 1, bytes: bytes(9) }, { home, now })
    const [old, young] = [bytes(32), bytes(32)]
    expect(await put(old, false, 1)).toEqual({ outcome: 'stored' })
    expect(await put(young, false, 50)).toEqual({ outcome: 'stored' })
    expect(await put(bytes(32), false, 60)).toEqual({ outcome: 'full' })
    expect(await put(bytes(32), true, 60)).toEqual({ outcome: 'stored' })
    expect(await store().lists.forget(50, 10)).toBe(1)
    expect(await store().lists.get(old)).toBeUndefined()
    expect(await store().lists.get(young)).toBeDefined()
  })

  test('a list of strangers that nobody renews makes way for another', async () => {
    const put = (locator: Uint8Array, now: number) =>
      store().lists.put(
        { locator, publishKey: bytes(32), revision: 1, bytes: bytes(9) },
        { home: false, now }
      )
    const [old, young, next] = [bytes(32), bytes(32), bytes(32)]
    await put(old, 1)
    await put(young, 50)
    expect(await put(next, 101)).toEqual({ outcome: 'full' })
    expect(await put(next, 102)).toEqual({ outcome: 'stored' })
    expect(await store().lists.get(old)).toBeUndefined()
    expect(await store().lists.get(young)).toBeDefined()
  })

  test('one publish key has few places: the newest stay', async () => {
    const [publishKey, others] = [bytes(32), bytes(32)]
    const put = (locator: Uint8Array, now: number, key = publishKey, home = true) =>
      store().lists.put({ locator, publishKey: key, revision: 1, bytes: Uint8Array.of(7) }, { home, now })
    const places = [1, 2, 3, 4].map(() => bytes(32))
    const [first = bytes(32), ...rest] = places
    const neighbour = bytes(32)
    await put(neighbour, 0, others)
    // The DHT had the first of them before.
    await put(first, 1, publishKey, false)
    for (const [index, place] of rest.entries())
      expect(await put(place, 2 + index)).toEqual({ outcome: 'stored' })
    expect(await put(first, 9)).toEqual({ outcome: 'same' })
    const left = await Promise.all(
      places.map(async (place) => (await store().lists.get(place)) !== undefined)
    )
    expect(left).toEqual([true, false, false, true])
    expect(await store().lists.get(neighbour)).toBeDefined()
  })

  test('finds the newer list of an account', async () => {
    const publishKey = bytes(32)
    const account = nobody()
    await store().devices.register({
      account,
      device: ONE,
      requestKey: bytes(32),
      publishKey,
      approved: false,
    })
    expect(await store().lists.newerThan(account, 0)).toBeUndefined()
    await store().lists.put(
      { locator: bytes(32), publishKey, revision: 4, bytes: Uint8Array.of(4) },
      { home: true, now: 1 }
    )
    expect(await store().lists.newerThan(account, 3)).toEqual(Uint8Array.of(4))
    expect(await store().lists.newerThan(account, 4)).toBeUndefined()
  })
}

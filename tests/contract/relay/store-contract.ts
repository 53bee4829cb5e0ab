/** What every store of the relay must do: SQLite now, PostgreSQL when it comes. */
import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RelayLimits } from '../../../relay-server/limits.ts'
import type { CheckedRecord } from '../../../relay-server/lists/list-store.ts'
import type { DepositOptions, NewEnvelope } from '../../../relay-server/mailbox/mailbox-store.ts'
import type { RelayStore } from '../../../relay-server/store.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { parseAccountId, type AccountId, type DeviceId } from '../../../src/protocol/ids.ts'

/** A store that can be closed and opened again with all it holds. */
export interface StoreUnderTest {
  open(limits: Partial<RelayLimits>): Promise<RelayStore>
  destroy(): Promise<void>
}

const LIMITS = { mailboxCount: 50, mailboxBytes: 100_000, requestsPerKey: 3, foreignLists: 2 }
const ONE = 1 as DeviceId
const bytes = (size: number): Uint8Array => new Uint8Array(randomBytes(size))
const accountId = (): AccountId => {
  const account = parseAccountId(randomUUID())
  if (!account) throw new Error('no account')
  return account
}
const envelope = (size = 10, device = ONE): NewEnvelope => ({ device, id: bytes(16), body: bytes(size) })
const options = (more: Partial<DepositOptions> = {}): DepositOptions => ({
  requestHash: null,
  now: 1_000,
  expiresAt: 9_000,
  ...more,
})
const MOST = { count: 100, bytes: 1_000_000, now: 1_000 }

export const storeContract = (name: string, make: () => StoreUnderTest): void => {
  describe(`the store on ${name}`, () => {
    let under: StoreUnderTest
    let store: RelayStore

    beforeEach(async () => {
      under = make()
      store = await under.open(LIMITS)
    })
    afterEach(async () => {
      await store.close()
      await under.destroy()
    })
    const reopen = async (): Promise<void> => {
      await store.close()
      store = await under.open(LIMITS)
    }
    const newAccount = async (): Promise<AccountId> => {
      const account = accountId()
      await store.devices.register({ account, device: ONE, requestKey: bytes(32), publishKey: bytes(32) })
      return account
    }
    const idsOf = async (account: AccountId, seq = 0): Promise<string[]> =>
      (await store.mailbox.after(account, ONE, seq, MOST)).map(({ id }) => toHex(id))

    test('binds an account to the keys of its first device', async () => {
      const first = { account: accountId(), device: ONE, requestKey: bytes(32), publishKey: bytes(32) }
      expect(await store.devices.register(first)).toBe('created')
      expect(await store.devices.register(first)).toBe('present')
      expect(await store.devices.register({ ...first, requestKey: bytes(32) })).toBe('refused')
      expect(await store.devices.register({ ...first, publishKey: bytes(32) })).toBe('refused')
      expect(await store.devices.register({ ...first, device: 2 as DeviceId })).toBe('refused')
      await reopen()
      expect(await store.devices.requestKey(first.account, ONE)).toEqual(first.requestKey)
      expect(await store.devices.publishKey(first.account)).toEqual(first.publishKey)
      expect(await store.devices.requestKey(first.account, 2 as DeviceId)).toBeUndefined()
      expect(await store.devices.publishKey(accountId())).toBeUndefined()
    })

    test('two first devices at once: one is bound', async () => {
      const account = accountId()
      const outcomes = await Promise.all(
        [1, 2, 3].map((device) =>
          store.devices.register({
            account,
            device: device as DeviceId,
            requestKey: bytes(32),
            publishKey: bytes(32),
          })
        )
      )
      expect(outcomes.sort()).toEqual(['created', 'refused', 'refused'])
    })

    test('matches access keys until they end or are replaced', async () => {
      const account = await newAccount()
      const [delivery, request] = [bytes(32), bytes(32)]
      await store.keys.replace(account, [
        { hash: delivery, kind: 'delivery', expiresAt: null },
        { hash: request, kind: 'request', expiresAt: 500 },
        { hash: request, kind: 'request', expiresAt: 500 },
      ])
      expect(await store.keys.match(account, delivery, 1_000)).toBe('delivery')
      expect(await store.keys.match(account, request, 499)).toBe('request')
      expect(await store.keys.match(account, request, 500)).toBeUndefined()
      expect(await store.keys.match(await newAccount(), delivery, 0)).toBeUndefined()
      await store.keys.replace(account, [])
      expect(await store.keys.match(account, delivery, 0)).toBeUndefined()
    })

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
      expect(await store.lists.put(record(1), at)).toEqual({ outcome: 'stored' })
      expect(await store.lists.put(second, at)).toEqual({ outcome: 'stored' })
      expect(await store.lists.put(second, at)).toEqual({ outcome: 'same' })
      for (const old of [record(1), record(2)]) {
        expect(await store.lists.put(old, at)).toEqual({ outcome: 'older', record: second.bytes })
      }
      expect(await store.lists.put(record(3, { publishKey: bytes(32) }), at)).toEqual({ outcome: 'foreign' })
      await reopen()
      expect(await store.lists.get(new Uint8Array(32))).toEqual(second.bytes)
      expect(await store.lists.get(bytes(32))).toBeUndefined()
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
      await Promise.all(records.map((record) => store.lists.put(record, { home: false, now: 1 })))
      expect(await store.lists.get(locator)).toEqual(Uint8Array.of(5))
    })

    test('lists of strangers have an end and an age', async () => {
      const put = (locator: Uint8Array, home: boolean, now: number) =>
        store.lists.put({ locator, publishKey: bytes(32), revision: 1, bytes: bytes(9) }, { home, now })
      const [old, young] = [bytes(32), bytes(32)]
      expect(await put(old, false, 1)).toEqual({ outcome: 'stored' })
      expect(await put(young, false, 50)).toEqual({ outcome: 'stored' })
      expect(await put(bytes(32), false, 60)).toEqual({ outcome: 'full' })
      expect(await put(bytes(32), true, 60)).toEqual({ outcome: 'stored' })
      expect(await store.lists.forget(50, 10)).toBe(1)
      expect(await store.lists.get(old)).toBeUndefined()
      expect(await store.lists.get(young)).toBeDefined()
    })

    test('finds the newer list of an account', async () => {
      const publishKey = bytes(32)
      const account = accountId()
      await store.devices.register({ account, device: ONE, requestKey: bytes(32), publishKey })
      expect(await store.lists.newerThan(account, 0)).toBeUndefined()
      await store.lists.put(
        { locator: bytes(32), publishKey, revision: 4, bytes: Uint8Array.of(4) },
        { home: true, now: 1 }
      )
      expect(await store.lists.newerThan(account, 3)).toEqual(Uint8Array.of(4))
      expect(await store.lists.newerThan(account, 4)).toBeUndefined()
    })

    test('endpoints are one a device, and end', async () => {
      const account = await newAccount()
      await store.endpoints.put(account, ONE, Uint8Array.of(1), 100)
      await store.endpoints.put(account, ONE, Uint8Array.of(2), 200)
      expect(await store.endpoints.ofAccount(account, 150)).toEqual([{ device: 1, sealed: Uint8Array.of(2) }])
      expect(await store.endpoints.ofAccount(account, 200)).toEqual([])
      expect(await store.endpoints.sweep(200)).toBe(1)
      await store.endpoints.put(account, ONE, Uint8Array.of(3), 300)
      await store.endpoints.remove(account, ONE)
      expect(await store.endpoints.ofAccount(account, 0)).toEqual([])
    })

    test('gives envelopes in order, within count and bytes, until they expire', async () => {
      const account = await newAccount()
      const entries = [envelope(100), envelope(100), envelope(100)]
      for (const entry of entries) await store.mailbox.deposit(account, [entry], options())
      await store.mailbox.deposit(account, [envelope()], options({ expiresAt: 1_000 }))
      const all = await store.mailbox.after(account, ONE, 0, MOST)
      expect(all.map(({ id, body }) => [id, body])).toEqual(entries.map(({ id, body }) => [id, body]))
      expect(all.map(({ seq }) => seq)).toEqual([...all.map(({ seq }) => seq)].sort((a, b) => a - b))
      expect(await store.mailbox.after(account, ONE, 0, { ...MOST, count: 2 })).toHaveLength(2)
      expect(await store.mailbox.after(account, ONE, 0, { ...MOST, bytes: 250 })).toHaveLength(2)
      expect(await store.mailbox.after(account, ONE, 0, { ...MOST, bytes: 1 })).toHaveLength(1)
      expect(await idsOf(account, all[1]?.seq)).toEqual([toHex(entries[2]?.id ?? bytes(0))])
    })

    test('stores a repeated envelope once, and acknowledges only what it is told', async () => {
      const account = await newAccount()
      const [first, second] = [envelope(), envelope()]
      expect(await store.mailbox.deposit(account, [first, first, second], options())).toEqual({
        stored: [1, 1, 1],
        refused: [],
      })
      expect(await store.mailbox.deposit(account, [first], options())).toEqual({ stored: [1], refused: [] })
      expect(await store.mailbox.count()).toBe(2)
      expect(await store.mailbox.acknowledge(account, 2 as DeviceId, [first.id])).toBe(0)
      expect(await store.mailbox.acknowledge(await newAccount(), ONE, [first.id])).toBe(0)
      expect(await store.mailbox.acknowledge(account, ONE, [first.id, bytes(16)])).toBe(1)
      expect(await store.mailbox.acknowledge(account, ONE, [first.id])).toBe(0)
      await reopen()
      expect(await idsOf(account)).toEqual([toHex(second.id)])
      expect(await store.mailbox.count()).toBe(1)
    })

    test('a number once given to an envelope is not given again', async () => {
      const account = await newAccount()
      const first = envelope()
      await store.mailbox.deposit(account, [first], options())
      const [row] = await store.mailbox.after(account, ONE, 0, MOST)
      await store.mailbox.acknowledge(account, ONE, [first.id])
      await reopen()
      const next = envelope()
      await store.mailbox.deposit(account, [next], options())
      expect(await idsOf(account, row?.seq)).toEqual([toHex(next.id)])
    })

    test('quotas hold by count, by bytes and by request key, and are freed', async () => {
      const account = await newAccount()
      const hash = bytes(32)
      const requests = await store.mailbox.deposit(
        account,
        [envelope(), envelope(), envelope(), envelope()],
        options({ requestHash: hash })
      )
      expect(requests).toEqual({ stored: [1, 1, 1], refused: ['quota'] })
      expect(
        (await store.mailbox.deposit(account, [envelope()], options({ requestHash: bytes(32) }))).stored
      ).toEqual([1])
      expect((await store.mailbox.deposit(account, [envelope(99_999)], options())).refused).toEqual(['quota'])
      const many = Array.from({ length: 50 }, () => envelope())
      expect((await store.mailbox.deposit(account, many, options())).stored).toHaveLength(46)
      expect(await store.mailbox.sweep(9_000, 20)).toBe(20)
      expect((await store.mailbox.deposit(account, many.slice(46), options())).stored).toHaveLength(4)
      expect((await store.mailbox.deposit(account, [envelope(1, 7 as DeviceId)], options())).refused).toEqual(
        ['unknown-device']
      )
    })

    test('sweeps what has expired, the oldest first, at most so many', async () => {
      const account = await newAccount()
      for (const expiresAt of [300, 100, 200, 900])
        await store.mailbox.deposit(account, [envelope()], options({ now: 0, expiresAt }))
      expect(await store.mailbox.sweep(300, 2)).toBe(2)
      expect(await store.mailbox.sweep(300, 2)).toBe(1)
      expect(await store.mailbox.sweep(300, 2)).toBe(0)
      expect(await store.mailbox.count()).toBe(1)
    })

    test('many deposits at once are all there, and one that fails takes none with it', async () => {
      const account = await newAccount()
      const entries = Array.from({ length: 40 }, () => envelope())
      const outcomes = await Promise.allSettled([
        ...entries.map((entry) => store.mailbox.deposit(account, [entry], options())),
        // No such column type: the database refuses it.
        store.mailbox.deposit(account, [{ ...envelope(), id: {} as Uint8Array }], options()),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual([...entries.map(() => 'fulfilled'), 'rejected'])
      expect((await idsOf(account)).sort()).toEqual(entries.map(({ id }) => toHex(id)).sort())
    })
  })
}

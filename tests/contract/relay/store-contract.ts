/** What the store of the relay must do, on SQLite and on PostgreSQL. */
import { fromBinary } from '@bufbuild/protobuf'
import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RelayLimits } from '../../../relay-server/limits.ts'
import type { DepositOptions, DepositOutcome, NewEnvelope } from '../../../relay-server/mailbox/deposit.ts'
import type { RelayStore } from '../../../relay-server/store/relay-store.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { MailboxPageSchema } from '../../../src/protocol/gen/wire_pb.js'
import { parseAccountId, type AccountId, type DeviceId } from '../../../src/protocol/ids.ts'
import { LIMITS as PROTOCOL } from '../../../src/protocol/limits.ts'
import { blobStoreCases } from './blob-store-cases.ts'
import { listStoreCases } from './list-store-cases.ts'
import { preKeyStoreCases } from './prekey-store-cases.ts'
import { sharedBodyCases } from './shared-body-cases.ts'
import { subscriptionContract } from './subscription-contract.ts'

/** A store that can be closed and opened again with all it holds. */
export interface StoreUnderTest {
  open(limits: Partial<RelayLimits>): Promise<RelayStore>
  destroy(): Promise<void>
}

const LIMITS = {
  mailboxCount: 50,
  mailboxBytes: 100_000,
  requestsPerKey: 3,
  requestBytes: 1_000,
  foreignLists: 2,
  foreignListLife: 100,
  homeLists: 2,
}
const ONE = 1 as DeviceId
const DELIVERY = new Uint8Array(32).fill(1)
const REQUEST = new Uint8Array(32).fill(2)
const OTHER_REQUEST = new Uint8Array(32).fill(3)
const bytes = (size: number): Uint8Array => new Uint8Array(randomBytes(size))
const accountId = (): AccountId => {
  const account = parseAccountId(randomUUID())
  if (!account) throw new Error('no account')
  return account
}
const envelope = (size = 10, device = ONE): NewEnvelope => ({ device, id: bytes(16), body: bytes(size) })
const options = (more: Partial<DepositOptions> = {}): DepositOptions => ({
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
      await store.devices.register({
        account,
        device: ONE,
        requestKey: bytes(32),
        publishKey: bytes(32),
        approved: false,
      })
      await store.keys.replace(account, [
        { hash: DELIVERY, kind: 'delivery', expiresAt: null },
        { hash: REQUEST, kind: 'request', expiresAt: null },
        { hash: OTHER_REQUEST, kind: 'request', expiresAt: null },
      ])
      return account
    }
    const give = async (
      account: AccountId,
      entries: readonly NewEnvelope[],
      more: Partial<DepositOptions> = {},
      keyHash: Uint8Array = DELIVERY
    ): Promise<DepositOutcome> => {
      const [outcome] = await store.mailbox.deposit(
        [{ account, keyHash, listRevision: 0, entries }],
        options(more)
      )
      if (!outcome) throw new Error('no outcome')
      return outcome
    }
    const storedOf = (outcome: DepositOutcome) => (outcome.kind === 'done' ? outcome.stored : outcome.kind)
    const refusedOf = (outcome: DepositOutcome) => (outcome.kind === 'done' ? outcome.refused : outcome.kind)
    const idsOf = async (account: AccountId, seq = 0): Promise<string[]> =>
      (await store.mailbox.after(account, ONE, seq, MOST)).map(({ id }) => toHex(id))

    test('binds an account to the keys of its first device', async () => {
      const first = {
        account: accountId(),
        device: ONE,
        requestKey: bytes(32),
        publishKey: bytes(32),
        approved: false,
      }
      expect(await store.devices.register(first)).toBe('created')
      expect(await store.devices.register(first)).toBe('present')
      expect(await store.devices.register({ ...first, requestKey: bytes(32) })).toBe('refused')
      expect(await store.devices.register({ ...first, publishKey: bytes(32) })).toBe('refused')
      const second = { ...first, device: 2 as DeviceId, requestKey: bytes(32) }
      expect(await store.devices.register(second)).toBe('refused')
      expect(await store.devices.register({ ...second, publishKey: bytes(32), approved: true })).toBe(
        'refused'
      )
      expect(await store.devices.register({ ...first, requestKey: bytes(32), approved: true })).toBe(
        'refused'
      )
      expect(await store.devices.register({ ...second, approved: true })).toBe('created')
      expect(await store.devices.register(second)).toBe('present')
      await reopen()
      expect(await store.devices.requestKey(first.account, ONE)).toEqual(first.requestKey)
      expect(await store.devices.publishKey(first.account)).toEqual(first.publishKey)
      expect(await store.devices.requestKey(first.account, 2 as DeviceId)).toEqual(second.requestKey)
      expect(await store.devices.publishKey(accountId())).toBeUndefined()
    })

    test('of two starts that count alike one is an older copy, and a device that was removed never comes back', async () => {
      const id = bytes(16)
      const first = {
        account: accountId(),
        device: ONE,
        requestKey: bytes(32),
        publishKey: bytes(32),
        approved: true,
      }
      const start = (count: number, startId = id) =>
        store.devices.register({ ...first, start: { count, id: startId } })
      expect(await start(3)).toBe('created')
      expect([await start(3), await start(3, bytes(16)), await start(2)]).toEqual([
        'present',
        'behind',
        'behind',
      ])
      await reopen()
      expect([await start(4), await start(3), await store.devices.register(first)]).toEqual([
        'present',
        'behind',
        'present',
      ])
      await store.keys.replace(first.account, [{ hash: DELIVERY, kind: 'delivery', expiresAt: null }])
      expect(storedOf(await give(first.account, [envelope()]))).toEqual([ONE])
      const second = { ...first, device: 2 as DeviceId, requestKey: bytes(32) }
      expect(await store.devices.register(second)).toBe('created')
      expect([
        await store.devices.remove(first.account, ONE),
        await store.devices.remove(first.account, ONE),
      ]).toEqual([true, false])
      await reopen()
      expect(await store.devices.requestKey(first.account, ONE)).toBeUndefined()
      expect(await store.devices.register(first)).toBe('removed')
      expect(await store.mailbox.count()).toBe(0)
      expect(refusedOf(await give(first.account, [envelope()]))).toEqual(['unknown-device'])
      expect(await store.devices.register(second)).toBe('present')
    })

    test('an account has so many devices; the place of one that was removed is free again', async () => {
      const account = accountId()
      const publishKey = bytes(32)
      const register = (device: number) =>
        store.devices.register({
          account,
          device: device as DeviceId,
          requestKey: bytes(32),
          publishKey,
          approved: true,
        })
      for (let device = 1; device <= PROTOCOL.devices; device++)
        expect(await register(device)).toBe('created')
      expect(await register(PROTOCOL.devices + 1)).toBe('full')
      await store.devices.remove(account, ONE)
      expect(await register(PROTOCOL.devices + 1)).toBe('created')
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
            approved: false,
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

    test('an invitation code lets in as many as it says, also at once', async () => {
      const hash = bytes(32)
      const code = { hash, label: 'family', usesLeft: 2, createdAt: 1, expiresAt: 500 }
      await store.invites.add(code)
      expect(await store.invites.list()).toEqual([code])
      const register = (now: number, invite = hash) =>
        store.devices.register(
          {
            account: accountId(),
            device: ONE,
            requestKey: bytes(32),
            publishKey: bytes(32),
            approved: false,
          },
          { invite, now }
        )
      expect(await register(500)).toBe('uninvited')
      expect(await register(1, bytes(32))).toBe('uninvited')
      const outcomes = await Promise.all([1, 2, 3, 4].map((now) => register(now)))
      expect(outcomes.sort()).toEqual(['created', 'created', 'uninvited', 'uninvited'])
      expect((await store.invites.list())[0]?.usesLeft).toBe(0)
      expect([await store.invites.remove(hash), await store.invites.remove(hash)]).toEqual([true, false])
    })

    test('a nonce is used once, also at once, and forgotten when it is over', async () => {
      const uses = await Promise.all([1, 2, 3].map(() => store.nonces.use('ana', 'n', 100)))
      expect(uses.sort()).toEqual([false, false, true])
      expect(await store.nonces.use('bia', 'n', 100)).toBe(true)
      expect(await store.nonces.sweep(99, 10)).toBe(0)
      expect(await store.nonces.sweep(100, 10)).toBe(2)
      expect(await store.nonces.use('ana', 'n', 100)).toBe(true)
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
      for (const entry of entries) await give(account, [entry])
      await give(account, [envelope()], { expiresAt: 1_000 })
      const all = await store.mailbox.after(account, ONE, 0, MOST)
      expect(all.map(({ id, body }) => [id, body])).toEqual(entries.map(({ id, body }) => [id, body]))
      expect(all.map(({ seq }) => seq)).toEqual([...all.map(({ seq }) => seq)].sort((a, b) => a - b))
      expect(await store.mailbox.after(account, ONE, 0, { ...MOST, count: 2 })).toHaveLength(2)
      expect(await store.mailbox.after(account, ONE, 0, { ...MOST, bytes: 250 })).toHaveLength(2)
      expect(await store.mailbox.after(account, ONE, 0, { ...MOST, bytes: 1 })).toHaveLength(1)
      expect(await idsOf(account, all[1]?.seq)).toEqual([toHex(entries[2]?.id ?? bytes(0))])

      const page = async (most: Partial<typeof MOST>) => {
        const serialized = await store.mailbox.page(account, ONE, { ...MOST, ...most })
        const { deliveries, more } = fromBinary(MailboxPageSchema, serialized)
        return { bodies: deliveries.map(({ envelope }) => envelope?.body), more }
      }
      const bodies = entries.map(({ body }) => body)
      expect(await page({})).toEqual({ bodies, more: false })
      expect(await page({ count: 3, bytes: 300 })).toEqual({ bodies, more: false })
      expect(await page({ count: 2 })).toEqual({ bodies: bodies.slice(0, 2), more: true })
      expect(await page({ bytes: 299 })).toEqual({ bodies: bodies.slice(0, 2), more: true })
      expect(await page({ bytes: 1 })).toEqual({ bodies: bodies.slice(0, 1), more: true })
      expect(await page({ now: 9_000 })).toEqual({ bodies: [], more: false })
    })

    test('stores a repeated envelope once, and acknowledges only what it is told', async () => {
      const account = await newAccount()
      const [first, second] = [envelope(), envelope()]
      expect(await give(account, [first, first, second])).toEqual({
        kind: 'done',
        request: false,
        keyEnds: null,
        stored: [1, 1, 1],
        refused: [],
        fresh: [0, 2],
      })
      expect(storedOf(await give(account, [first]))).toEqual([1])
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
      await give(account, [first])
      const [row] = await store.mailbox.after(account, ONE, 0, MOST)
      await store.mailbox.acknowledge(account, ONE, [first.id])
      await reopen()
      const next = envelope()
      await give(account, [next])
      expect(await idsOf(account, row?.seq)).toEqual([toHex(next.id)])
    })

    test('quotas hold by count, by bytes and by request key, and are freed', async () => {
      const account = await newAccount()
      const requests = await give(account, [envelope(), envelope(), envelope(), envelope()], {}, REQUEST)
      expect(requests).toEqual({
        kind: 'done',
        request: true,
        keyEnds: null,
        stored: [1, 1, 1],
        refused: ['quota'],
        fresh: [0, 1, 2],
      })
      expect(storedOf(await give(account, [envelope()], {}, OTHER_REQUEST))).toEqual([1])
      expect(refusedOf(await give(account, [envelope(99_999)]))).toEqual(['quota'])
      const many = Array.from({ length: 50 }, () => envelope())
      expect(storedOf(await give(account, many))).toHaveLength(46)
      expect(await store.mailbox.sweep(9_000, 20)).toBe(20)
      expect(storedOf(await give(account, many.slice(46)))).toHaveLength(4)
      expect(refusedOf(await give(account, [envelope(1, 7 as DeviceId)]))).toEqual(['unknown-device'])
    })

    test('in a full mailbox, what waits there already is stored, and its repeats take no room', async () => {
      const account = await newAccount()
      const entries = Array.from({ length: 49 }, () => envelope())
      await give(account, entries)
      const [repeat, last, over] = [entries[0] ?? envelope(), envelope(), envelope()]
      expect(await give(account, [repeat, last, over, repeat])).toMatchObject({
        stored: [1, 1, 1],
        refused: ['quota'],
      })
      expect(await store.mailbox.count()).toBe(50)
    })

    test('a deposit needs a key that is good now, and a request key takes only small ones', async () => {
      const account = await newAccount()
      await store.keys.replace(account, [
        { hash: DELIVERY, kind: 'delivery', expiresAt: null },
        { hash: REQUEST, kind: 'request', expiresAt: 1_000 },
        { hash: OTHER_REQUEST, kind: 'request', expiresAt: 1_001 },
      ])
      expect(await give(account, [envelope()], {}, bytes(32))).toEqual({ kind: 'no-key' })
      expect(await give(accountId(), [envelope()])).toEqual({ kind: 'no-key' })
      expect(await give(account, [envelope()], {}, REQUEST)).toEqual({ kind: 'no-key' })
      expect(await give(account, [envelope(1_001)], {}, OTHER_REQUEST)).toEqual({ kind: 'too-large' })
      expect(await give(account, [envelope(1_000)], {}, OTHER_REQUEST)).toMatchObject({ request: true })
      expect((await store.mailbox.after(account, ONE, 0, MOST)).map(({ request }) => request)).toEqual([true])
    })

    test('a deposit for many accounts is one answer for each, and those that cannot be served harm no other', async () => {
      const [ana, bia, caio] = [await newAccount(), await newAccount(), await newAccount()]
      const publishKey = await store.devices.publishKey(caio)
      await store.lists.put(
        { locator: bytes(32), publishKey: publishKey ?? bytes(32), revision: 7, bytes: Uint8Array.of(7) },
        { home: true, now: 1 }
      )
      const to = (account: AccountId, more: { keyHash?: Uint8Array; listRevision?: number } = {}) => ({
        account,
        keyHash: DELIVERY,
        listRevision: 0,
        entries: [envelope()],
        ...more,
      })
      const outcomes = await store.mailbox.deposit(
        [to(ana), to(bia, { keyHash: bytes(32) }), to(caio), to(caio, { listRevision: 7 }), to(accountId())],
        options()
      )
      expect(outcomes).toEqual([
        { kind: 'done', request: false, keyEnds: null, stored: [1], refused: [], fresh: [0] },
        { kind: 'no-key' },
        { kind: 'list-changed', revision: 7 },
        { kind: 'done', request: false, keyEnds: null, stored: [1], refused: [], fresh: [0] },
        { kind: 'no-key' },
      ])
      expect(await store.mailbox.count()).toBe(2)
    })

    test('deposits and acknowledgements of the same mailboxes at once leave right counts', async () => {
      const accounts = [await newAccount(), await newAccount(), await newAccount()]
      const round = async (account: AccountId): Promise<void> => {
        const entries = [envelope(), envelope(), envelope()]
        const requests = [...accounts, account].map((each) => ({
          account: each,
          keyHash: DELIVERY,
          listRevision: 0,
          entries,
        }))
        await store.mailbox.deposit(requests, options())
        await Promise.all(
          accounts.map((each) =>
            store.mailbox.acknowledge(
              each,
              ONE,
              entries.slice(1).map(({ id }) => id)
            )
          )
        )
      }
      await Promise.all(Array.from({ length: 12 }, (_, index) => round(accounts[index % 3] ?? accountId())))
      for (const account of accounts) expect(await idsOf(account)).toHaveLength(12)
      expect(await store.mailbox.count()).toBe(36)
    })

    test('sweeps what has expired, the oldest first, at most so many', async () => {
      const account = await newAccount()
      for (const expiresAt of [300, 100, 200, 900]) await give(account, [envelope()], { now: 0, expiresAt })
      expect(await store.mailbox.sweep(300, 2)).toBe(2)
      expect(await store.mailbox.sweep(300, 2)).toBe(1)
      expect(await store.mailbox.sweep(300, 2)).toBe(0)
      expect(await store.mailbox.count()).toBe(1)
    })

    test('many deposits at once are all there, and one that fails takes none with it', async () => {
      const account = await newAccount()
      const entries = Array.from({ length: 40 }, () => envelope())
      const outcomes = await Promise.allSettled([
        ...entries.map((entry) => give(account, [entry])),
        // The database refuses it: an envelope ends at some time.
        give(account, [envelope()], { expiresAt: null as unknown as number }),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual([...entries.map(() => 'fulfilled'), 'rejected'])
      expect((await idsOf(account)).sort()).toEqual(entries.map(({ id }) => toHex(id)).sort())
    })

    blobStoreCases(() => store)
    listStoreCases({ store: () => store, reopen })
    preKeyStoreCases(() => store, newAccount)
    sharedBodyCases({ store: () => store, newAccount, key: DELIVERY, most: MOST })
    subscriptionContract({ store: () => store, newAccount, reopen })

    test('knows whether an envelope waits still', async () => {
      const account = await newAccount()
      const one = envelope()
      await give(account, [one])
      expect(await store.mailbox.holds(account, ONE, one.id)).toBe(true)
      expect(await store.mailbox.holds(account, ONE, bytes(16))).toBe(false)
      await store.mailbox.acknowledge(account, ONE, [one.id])
      expect(await store.mailbox.holds(account, ONE, one.id)).toBe(false)
    })
  })
}

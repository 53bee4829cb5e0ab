/** The part of the store's suite that is about mailboxes, of which `LIMITS` of the suite says how much goes into one. */
import { fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import type { DepositOptions, DepositOutcome, NewEnvelope } from '../../../relay-server/mailbox/deposit.ts'
import type { RelayStore } from '../../../relay-server/store/relay-store.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import { MailboxPageSchema } from '../../../src/protocol/gen/wire_pb.js'
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts'
import {
  DELIVERY,
  MOST,
  ONE,
  OTHER_REQUEST,
  REQUEST,
  accountId,
  bytes,
  envelope,
  giveTo,
  options,
  refusedOf,
  storedOf,
} from './kit/store-mail.ts'

interface Under {
  readonly store: () => RelayStore
  /** Closes the store and opens it again. */
  readonly reopen: () => Promise<void>
  readonly newAccount: () => Promise<AccountId>
}

export const mailboxCases = ({ store, reopen, newAccount }: Under): void => {
  const give = (
    account: AccountId,
    entries: readonly NewEnvelope[],
    more?: Partial<DepositOptions>,
    keyHash?: Uint8Array
  ): Promise<DepositOutcome> => giveTo(store(), account, entries, more, keyHash)
  const idsOf = async (account: AccountId, seq = 0): Promise<string[]> =>
    (await store().mailbox.after(account, ONE, seq, MOST)).map(({ id }) => toHex(id))

  test('gives envelopes in order, within count and bytes, until they expire', async () => {
    const account = await newAccount()
    const entries = [envelope(100), envelope(100), envelope(100)]
    for (const entry of entries) await give(account, [entry])
    await give(account, [envelope()], { expiresAt: 1_000 })
    const all = await store().mailbox.after(account, ONE, 0, MOST)
    expect(all.map(({ id, body }) => [id, body])).toEqual(entries.map(({ id, body }) => [id, body]))
    expect(all.map(({ seq }) => seq)).toEqual([...all.map(({ seq }) => seq)].sort((a, b) => a - b))
    expect(await store().mailbox.after(account, ONE, 0, { ...MOST, count: 2 })).toHaveLength(2)
    expect(await store().mailbox.after(account, ONE, 0, { ...MOST, bytes: 250 })).toHaveLength(2)
    expect(await store().mailbox.after(account, ONE, 0, { ...MOST, bytes: 1 })).toHaveLength(1)
    expect(await idsOf(account, all[1]?.seq)).toEqual([toHex(entries[2]?.id ?? bytes(0))])

    const page = async (most: Partial<typeof MOST>) => {
      const serialized = await store().mailbox.page(account, ONE, { ...MOST, ...most })
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

  test('says when the key of a deposit ends, and takes none by it after that', async () => {
    const account = await newAccount()
    await store().keys.replace(account, [{ hash: DELIVERY, kind: 'delivery', expiresAt: 5_000 }])
    expect(await give(account, [envelope()], { now: 4_999 })).toMatchObject({ kind: 'done', keyEnds: 5_000 })
    expect(await give(account, [envelope()], { now: 5_000 })).toEqual({ kind: 'no-key' })
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
    expect(await store().mailbox.count()).toBe(2)
    expect(await store().mailbox.acknowledge(account, 2 as DeviceId, [first.id])).toBe(0)
    expect(await store().mailbox.acknowledge(await newAccount(), ONE, [first.id])).toBe(0)
    expect(await store().mailbox.acknowledge(account, ONE, [first.id, bytes(16)])).toBe(1)
    expect(await store().mailbox.acknowledge(account, ONE, [first.id])).toBe(0)
    await reopen()
    expect(await idsOf(account)).toEqual([toHex(second.id)])
    expect(await store().mailbox.count()).toBe(1)
  })

  test('a number once given to an envelope is not given again', async () => {
    const account = await newAccount()
    const first = envelope()
    await give(account, [first])
    const [row] = await store().mailbox.after(account, ONE, 0, MOST)
    await store().mailbox.acknowledge(account, ONE, [first.id])
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
    expect(await store().mailbox.sweep(9_000, 20)).toBe(20)
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
    expect(await store().mailbox.count()).toBe(50)
  })

  test('a deposit needs a key that is good now, and a request key takes only small ones', async () => {
    const account = await newAccount()
    await store().keys.replace(account, [
      { hash: DELIVERY, kind: 'delivery', expiresAt: null },
      { hash: REQUEST, kind: 'request', expiresAt: 1_000 },
      { hash: OTHER_REQUEST, kind: 'request', expiresAt: 1_001 },
    ])
    expect(await give(account, [envelope()], {}, bytes(32))).toEqual({ kind: 'no-key' })
    expect(await give(accountId(), [envelope()])).toEqual({ kind: 'no-key' })
    expect(await give(account, [envelope()], {}, REQUEST)).toEqual({ kind: 'no-key' })
    expect(await give(account, [envelope(1_001)], {}, OTHER_REQUEST)).toEqual({ kind: 'too-large' })
    expect(await give(account, [envelope(1_000)], {}, OTHER_REQUEST)).toMatchObject({ request: true })
    expect((await store().mailbox.after(account, ONE, 0, MOST)).map(({ request }) => request)).toEqual([true])
  })

  test('a deposit for many accounts is one answer for each, and those that cannot be served harm no other', async () => {
    const [ana, bia, caio] = [await newAccount(), await newAccount(), await newAccount()]
    const publishKey = await store().devices.publishKey(caio)
    await store().lists.put(
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
    const outcomes = await store().mailbox.deposit(
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
    expect(await store().mailbox.count()).toBe(2)
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
      await store().mailbox.deposit(requests, options())
      await Promise.all(
        accounts.map((each) =>
          store().mailbox.acknowledge(
            each,
            ONE,
            entries.slice(1).map(({ id }) => id)
          )
        )
      )
    }
    await Promise.all(Array.from({ length: 12 }, (_, index) => round(accounts[index % 3] ?? accountId())))
    for (const account of accounts) expect(await idsOf(account)).toHaveLength(12)
    expect(await store().mailbox.count()).toBe(36)
  })

  test('sweeps what has expired, the oldest first, at most so many', async () => {
    const account = await newAccount()
    for (const expiresAt of [300, 100, 200, 900]) await give(account, [envelope()], { now: 0, expiresAt })
    expect(await store().mailbox.sweep(300, 2)).toBe(2)
    expect(await store().mailbox.sweep(300, 2)).toBe(1)
    expect(await store().mailbox.sweep(300, 2)).toBe(0)
    expect(await store().mailbox.count()).toBe(1)
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

  test('knows whether an envelope waits still', async () => {
    const account = await newAccount()
    const one = envelope()
    await give(account, [one])
    expect(await store().mailbox.holds(account, ONE, one.id)).toBe(true)
    expect(await store().mailbox.holds(account, ONE, bytes(16))).toBe(false)
    await store().mailbox.acknowledge(account, ONE, [one.id])
    expect(await store().mailbox.holds(account, ONE, one.id)).toBe(false)
  })
}

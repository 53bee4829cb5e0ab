/** The part of the store's suite that is about messages for many. */
import { expect, test } from 'vitest'
import type { NewEnvelope } from '../../../relay-server/mailbox/deposit.ts'
import type { RelayStore } from '../../../relay-server/store/relay-store.ts'
import { concatBytes } from '../../../src/lib/bytes.ts'
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts'
import { accountId, bytes, DELIVERY, envelope, MOST, ONE, options } from './kit/store-mail.ts'

interface Under {
  readonly store: () => RelayStore
  readonly newAccount: () => Promise<AccountId>
}

export const sharedBodyCases = ({ store, newAccount }: Under): void => {
  test('a message for hundreds of devices is there for all of them at once', async () => {
    const [people, devices] = [10, 30]
    const requests = []
    for (let n = 0; n < people; n++) {
      const account = await newAccount()
      const publishKey = (await store().devices.publishKey(account)) ?? bytes(32)
      const more = Array.from({ length: devices - 1 }, (_, index) => (index + 2) as DeviceId)
      await Promise.all(
        more.map((device) =>
          store().devices.register({ account, device, requestKey: bytes(32), publishKey, approved: true })
        )
      )
      const entries = [ONE, ...more].map((device) => ({ ...envelope(), device }))
      requests.push({ account, keyHash: DELIVERY, listRevision: 0, entries })
    }
    const seen = new Set<number>()
    let isOver = false
    const answered = store()
      .mailbox.deposit(requests, options({ tail: bytes(500) }))
      .finally(() => (isOver = true))
    while (!isOver) seen.add(await store().mailbox.count())
    for (const outcome of await answered)
      expect(outcome).toMatchObject({ kind: 'done', refused: [], fresh: { length: devices } })
    const all = people * devices
    expect(await store().mailbox.count()).toBe(all)
    expect([...seen].filter((count) => count > 0 && count < all)).toEqual([])
  })

  test('what envelopes of a message for many have in common is kept once, as long as one of them waits', async () => {
    const [ana, bia] = [await newAccount(), await newAccount()]
    const tail = bytes(500)
    const [mine, other] = [envelope(10), envelope(10)]
    const to = (account: AccountId, one: NewEnvelope) => ({
      account,
      keyHash: DELIVERY,
      listRevision: 0,
      entries: [one],
    })
    const kept = async (): Promise<number> => (await store().census.take()).sharedBodies
    const many = () =>
      store().mailbox.deposit([to(ana, mine), to(bia, other), to(accountId(), envelope())], options({ tail }))
    expect((await many()).map(({ kind }) => kind)).toEqual(['done', 'done', 'no-key'])
    expect(await kept()).toBe(1)
    const [first] = await store().mailbox.after(ana, ONE, 0, MOST)
    expect(first?.body).toEqual(concatBytes(mine.body, tail))
    expect((await store().census.take()).envelopeBytes).toBe(2 * 510)
    // Its whole size counts where sizes do.
    await store().mailbox.deposit([to(ana, envelope(10))], options({ tail: bytes(500) }))
    expect(await store().mailbox.after(ana, ONE, 0, { ...MOST, bytes: 1_000 })).toHaveLength(1)
    expect(await kept()).toBe(2)
    // A repeat, and one that nobody can be given, leave nothing.
    await many()
    await store().mailbox.deposit([to(accountId(), envelope())], options({ tail: bytes(9) }))
    expect(await kept()).toBe(2)
    await store().mailbox.acknowledge(ana, ONE, [mine.id])
    expect(await kept()).toBe(2)
    await store().mailbox.acknowledge(bia, ONE, [other.id])
    expect(await kept()).toBe(1)
    // Nor do those that end, or whose device is removed.
    await store().mailbox.deposit([to(bia, envelope())], { now: 0, expiresAt: 300, tail: bytes(9) })
    expect(await kept()).toBe(2)
    expect(await store().mailbox.sweep(300, 10)).toBe(1)
    expect(await kept()).toBe(1)
    await store().devices.remove(ana, ONE)
    await store().mailbox.sweep(300, 10)
    expect(await kept()).toBe(0)
  })
}

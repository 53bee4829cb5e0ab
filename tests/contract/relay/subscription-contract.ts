/** What the store of the relay must do with subscriptions: part of its acceptance suite. */
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { PushSubscription } from '../../../relay-server/push/push-store.ts'
import type { RelayStore } from '../../../relay-server/store/relay-store.ts'
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts'

interface Under {
  readonly store: () => RelayStore
  /** Registers an account with its device 1. */
  readonly newAccount: () => Promise<AccountId>
  readonly reopen: () => Promise<void>
}

const ONE = 1 as DeviceId
const bytes = (size: number): Uint8Array => new Uint8Array(randomBytes(size))

export const subscriptionContract = ({ store, newAccount, reopen }: Under): void => {
  describe('subscriptions', () => {
    const subscription = (endpoint = 'https://push.example.org/1'): PushSubscription => ({
      endpoint,
      p256dh: bytes(65),
      auth: bytes(16),
      vapidPublic: bytes(65),
      vapidPrivate: bytes(32),
      token: bytes(32),
    })

    test('are kept one a device, and outlive a restart', async () => {
      const [account, other] = [await newAccount(), await newAccount()]
      const [first, second] = [subscription(), subscription('https://push.example.org/2')]
      expect(await store().push.of(account, ONE)).toBeUndefined()
      expect(await store().push.put(account, ONE, first)).toBe('stored')
      expect(await store().push.put(account, ONE, second)).toBe('stored')
      await reopen()
      expect(await store().push.of(account, ONE)).toEqual(second)
      expect(await store().push.of(other, ONE)).toBeUndefined()
      await store().push.remove(account, ONE)
      expect(await store().push.of(account, ONE)).toBeUndefined()
    })

    test('take a new target for their token alone', async () => {
      const account = await newAccount()
      const old = subscription()
      await store().push.put(account, ONE, old)
      const { endpoint, p256dh, auth } = subscription('https://push.example.org/new')
      expect(await store().push.renew(bytes(32), { endpoint, p256dh, auth })).toBe(false)
      expect(await store().push.renew(old.token, { endpoint, p256dh, auth })).toBe(true)
      expect(await store().push.of(account, ONE)).toEqual({ ...old, endpoint, p256dh, auth })
    })

    test('that ended do not come back, and a newer one is not ended by an older one’s end', async () => {
      const account = await newAccount()
      const [first, second] = [subscription(), subscription('https://push.example.org/2')]
      await store().push.put(account, ONE, first)
      await store().push.end(account, ONE, second.endpoint)
      expect(await store().push.of(account, ONE)).toEqual(first)
      await store().push.end(account, ONE, first.endpoint)
      expect(await store().push.of(account, ONE)).toBeUndefined()
      await reopen()
      expect(await store().push.put(account, ONE, first)).toBe('ended')
      expect(await store().push.put(account, ONE, second)).toBe('stored')
    })

    test('that ended are renewed by their token, and what ended before does not end them again', async () => {
      const account = await newAccount()
      const old = subscription()
      await store().push.put(account, ONE, old)
      await store().push.end(account, ONE, old.endpoint)
      await reopen()
      expect(await store().push.knows(old.token)).toBe(true)
      // Not at the address that has just ended.
      expect(await store().push.renew(old.token, old)).toBe(false)
      expect(await store().push.of(account, ONE)).toBeUndefined()
      const { endpoint, p256dh, auth } = subscription('https://push.example.org/new')
      expect(await store().push.renew(old.token, { endpoint, p256dh, auth })).toBe(true)
      await store().push.end(account, ONE, old.endpoint)
      expect(await store().push.of(account, ONE)).toEqual({ ...old, endpoint, p256dh, auth })
      await store().push.remove(account, ONE)
      expect(await store().push.knows(old.token)).toBe(false)
    })

    test('of devices that are gone go', async () => {
      const account = await newAccount()
      await store().push.put(account, ONE, subscription())
      await store().push.keepOnly(account, [ONE, 7 as DeviceId])
      expect(await store().push.of(account, ONE)).toBeDefined()
      await store().push.keepOnly(account, [7 as DeviceId])
      expect(await store().push.of(account, ONE)).toBeUndefined()
    })
  })
}

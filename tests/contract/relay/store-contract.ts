/** What the store of the relay must do, on SQLite and on PostgreSQL. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RelayLimits } from '../../../relay-server/limits.ts'
import type { RelayStore } from '../../../relay-server/store/relay-store.ts'
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts'
import { LIMITS as PROTOCOL } from '../../../src/protocol/limits.ts'
import { blobStoreCases } from './blob-store-cases.ts'
import {
  accountId,
  bytes,
  DELIVERY,
  envelope,
  giveTo,
  newAccountIn,
  ONE,
  refusedOf,
  storedOf,
} from './kit/store-mail.ts'
import { listStoreCases } from './list-store-cases.ts'
import { mailboxCases } from './mailbox-cases.ts'
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
    const newAccount = (): Promise<AccountId> => newAccountIn(store)

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
      expect(storedOf(await giveTo(store, first.account, [envelope()]))).toEqual([ONE])
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
      expect(refusedOf(await giveTo(store, first.account, [envelope()]))).toEqual(['unknown-device'])
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

    mailboxCases({ store: () => store, reopen, newAccount })
    blobStoreCases(() => store)
    listStoreCases({ store: () => store, reopen })
    preKeyStoreCases(() => store, newAccount)
    sharedBodyCases({ store: () => store, newAccount })
    subscriptionContract({ store: () => store, newAccount, reopen })
  })
}

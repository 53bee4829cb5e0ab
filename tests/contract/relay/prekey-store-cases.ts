/** The part of the store's suite that is about prekeys. */
import { expect, test } from 'vitest'
import type { PreKeys, SignedKey } from '../../../relay-server/prekeys/prekey-store.ts'
import type { RelayStore } from '../../../relay-server/store/relay-store.ts'
import type { AccountId } from '../../../src/protocol/ids.ts'
import { bytes, ONE } from './kit/store-mail.ts'

const MOST = 10
/** The last id before they begin again at 1. */
const LAST_ID = 0xff_ffff
const signedKey = (id: number): SignedKey => ({ id, publicKey: bytes(33), signature: bytes(64) })

export const preKeyStoreCases = (storeOf: () => RelayStore, newAccount: () => Promise<AccountId>): void => {
  const identityKey = bytes(33)
  const upload = (
    ec: readonly number[],
    kyber: readonly number[] = [],
    more: Partial<PreKeys> = {}
  ): PreKeys => ({
    identityKey,
    registrationId: 1,
    signedPreKey: signedKey(1),
    lastResortKyber: signedKey(1),
    preKeys: ec.map((id) => ({ id, publicKey: bytes(33) })),
    kyberPreKeys: kyber.map(signedKey),
    ...more,
  })
  /** Ids of the one-time key of each kind that one claim gets; the last resort has 1. */
  const claim = async (account: AccountId): Promise<readonly (number | undefined)[]> => {
    const [bundle] = await storeOf().preKeys.claim(account)
    return [bundle?.preKey?.id, bundle?.kyberPreKey.id]
  }

  test('one-time prekeys are given once, oldest first, also when they are sent again', async () => {
    const { preKeys } = storeOf()
    const account = await newAccount()
    const first = upload([11, 12, 13], [21, 22])
    expect(await preKeys.put(account, ONE, first, MOST)).toEqual({ preKeys: 3, kyberPreKeys: 2 })
    expect([await claim(account), await claim(account)]).toEqual([
      [11, 21],
      [12, 22],
    ])
    // Its answer was lost, and so the device sends them once more, with some that are new.
    const again = { ...first, preKeys: [...first.preKeys, ...upload([14]).preKeys] }
    expect(await preKeys.put(account, ONE, again, MOST)).toEqual({ preKeys: 2, kyberPreKeys: 0 })
    expect([await claim(account), await claim(account), await claim(account)]).toEqual([
      [13, 1],
      [14, 1],
      [undefined, 1],
    ])
    expect(await preKeys.put(account, ONE, again, MOST)).toEqual({ preKeys: 0, kyberPreKeys: 0 })
  })

  test('what is sent again takes no room, and nothing of an upload that has none is kept', async () => {
    const { preKeys } = storeOf()
    const account = await newAccount()
    const ids = [1, 2, 3, 4, 5, 6, 7, 8]
    expect(await preKeys.put(account, ONE, upload(ids), MOST)).toMatchObject({ preKeys: 8 })
    expect(await preKeys.put(account, ONE, upload([...ids, 9, 10]), MOST)).toMatchObject({ preKeys: 10 })
    expect(await preKeys.put(account, ONE, upload([11]), MOST)).toBe('full')
    expect(await claim(account)).toEqual([1, 1])
    expect(await preKeys.put(account, ONE, upload([11]), MOST)).toMatchObject({ preKeys: 10 })
  })

  test('ids begin again after the last one', async () => {
    const { preKeys } = storeOf()
    const account = await newAccount()
    await preKeys.put(account, ONE, upload([LAST_ID - 1, LAST_ID, 1]), MOST)
    expect(await preKeys.put(account, ONE, upload([LAST_ID, 1, 2]), MOST)).toMatchObject({ preKeys: 4 })
    for (const id of [LAST_ID - 1, LAST_ID, 1, 2]) expect(await claim(account)).toEqual([id, 1])
  })

  test('with another identity key ids begin anew', async () => {
    const { preKeys } = storeOf()
    const account = await newAccount()
    await preKeys.put(account, ONE, upload([50], [50]), MOST)
    const other = { identityKey: bytes(33) }
    expect(await preKeys.put(account, ONE, upload([7, 8], [9], other), MOST)).toEqual({
      preKeys: 2,
      kyberPreKeys: 1,
    })
    expect(await claim(account)).toEqual([7, 9])
  })
}

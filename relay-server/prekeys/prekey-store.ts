import { equalBytes } from '../../src/lib/bytes.ts'
import { accountIdBytes, type AccountId, type DeviceId } from '../../src/protocol/ids.ts'
import type { Db, OneTimeKeysTable, Queries, Tx } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'

export interface PublicPreKey {
  readonly id: number
  readonly publicKey: Uint8Array
}
export interface SignedKey extends PublicPreKey {
  readonly signature: Uint8Array
}

/** What a device uploads: its current signed keys, and one-time keys to be added. */
export interface PreKeys {
  readonly identityKey: Uint8Array
  readonly registrationId: number
  readonly signedPreKey: SignedKey
  readonly lastResortKyber: SignedKey
  readonly preKeys: readonly PublicPreKey[]
  readonly kyberPreKeys: readonly SignedKey[]
}

/** What a sender needs to open a session with one device. */
export interface Bundle {
  readonly device: number
  readonly identityKey: Uint8Array
  readonly registrationId: number
  readonly signedPreKey: SignedKey
  readonly kyberPreKey: SignedKey
  readonly preKey?: PublicPreKey
}

export interface OneTimeCounts {
  readonly preKeys: number
  readonly kyberPreKeys: number
}

/** Prekeys of devices. A one-time key is given once, to one claim. */
export interface PreKeyStore {
  /**
   * Replaces the signed keys and adds the one-time keys that are newer than all that ever came: those of an upload that is sent again are here, or
   * were given. `full` (and nothing done) if that makes more than `most` of a kind.
   */
  put(account: AccountId, device: DeviceId, keys: PreKeys, most: number): Promise<OneTimeCounts | 'full'>
  counts(account: AccountId, device: DeviceId): Promise<OneTimeCounts>
  /** Takes one one-time key of each kind of every device; the last-resort Kyber key where there is none. */
  claim(account: AccountId): Promise<readonly Bundle[]>
}

type Kind = OneTimeKeysTable['kind']

/** The prekey store in SQL. */
export const createPreKeyStore = (db: Db, writer: Writer): PreKeyStore => ({
  put: (account, device, keys, most) =>
    writer.write(async (tx): Promise<OneTimeCounts | 'full'> => {
      const id = accountIdBytes(account)
      await writer.lock(tx, `prekeys ${account}`)
      const before = await tx
        .selectFrom('prekey_sets')
        .select(['identity_key', 'newest_ec', 'newest_kyber'])
        .where('account', '=', id)
        .where('device', '=', device)
        .executeTakeFirst()
      const replaced = before !== undefined && !equalBytes(before.identity_key, keys.identityKey)
      const newest = before && !replaced ? before : { newest_ec: null, newest_kyber: null }
      const ec = newerThan(newest.newest_ec, keys.preKeys)
      const kyber = newerThan(newest.newest_kyber, keys.kyberPreKeys)
      const row = {
        identity_key: keys.identityKey,
        registration_id: keys.registrationId,
        signed_id: keys.signedPreKey.id,
        signed_key: keys.signedPreKey.publicKey,
        signed_signature: keys.signedPreKey.signature,
        kyber_id: keys.lastResortKyber.id,
        kyber_key: keys.lastResortKyber.publicKey,
        kyber_signature: keys.lastResortKyber.signature,
        newest_ec: newestOf(newest.newest_ec, ec),
        newest_kyber: newestOf(newest.newest_kyber, kyber),
      }
      const present = replaced ? { preKeys: 0, kyberPreKeys: 0 } : await countsOf(tx, id, device)
      if (present.preKeys + ec.length > most || present.kyberPreKeys + kyber.length > most) return 'full'
      // One-time keys signed by an identity key that is no more would open nothing.
      if (replaced) {
        await tx.deleteFrom('one_time_keys').where('account', '=', id).where('device', '=', device).execute()
      }
      await tx
        .insertInto('prekey_sets')
        .values({ account: id, device, ...row })
        .onConflict((conflict) => conflict.columns(['account', 'device']).doUpdateSet(row))
        .execute()
      await add(tx, id, device, 'ec', ec)
      await add(tx, id, device, 'kyber', kyber)
      return countsOf(tx, id, device)
    }),
  counts: (account, device) => countsOf(db, accountIdBytes(account), device),
  claim: (account) =>
    writer.write(async (tx) => {
      const id = accountIdBytes(account)
      await writer.lock(tx, `prekeys ${account}`)
      const sets = await tx
        .selectFrom('prekey_sets')
        .selectAll()
        .where('account', '=', id)
        .orderBy('device')
        .execute()
      const bundles: Bundle[] = []
      for (const set of sets) {
        const ec = await take(tx, id, set.device, 'ec')
        const kyber = await take(tx, id, set.device, 'kyber')
        bundles.push({
          device: set.device,
          identityKey: set.identity_key,
          registrationId: set.registration_id,
          signedPreKey: { id: set.signed_id, publicKey: set.signed_key, signature: set.signed_signature },
          kyberPreKey: kyber?.signature
            ? { id: kyber.key_id, publicKey: kyber.public_key, signature: kyber.signature }
            : { id: set.kyber_id, publicKey: set.kyber_key, signature: set.kyber_signature },
          ...(ec && { preKey: { id: ec.key_id, publicKey: ec.public_key } }),
        })
      }
      return bundles
    }),
})

/** Ids of one-time keys go from 1 to this and begin again. */
const LAST_ID = 0xffffff

/** Whether an id comes after another one, which may be at most half of all ids behind it. */
const isAfter = (id: number, other: number): boolean => {
  const ahead = (id - other + LAST_ID) % LAST_ID
  return ahead > 0 && ahead < LAST_ID / 2
}

const newerThan = <K extends PublicPreKey>(newest: number | null, keys: readonly K[]): readonly K[] =>
  newest === null ? keys : keys.filter(({ id }) => isAfter(id, newest))

const newestOf = (newest: number | null, keys: readonly PublicPreKey[]): number | null =>
  keys.reduce<number | null>((so, { id }) => (so === null || isAfter(id, so) ? id : so), newest)

const add = async (
  tx: Tx,
  account: Uint8Array,
  device: number,
  kind: Kind,
  keys: readonly (PublicPreKey | SignedKey)[]
) => {
  if (keys.length === 0) return
  await tx
    .insertInto('one_time_keys')
    .values(
      keys.map((key) => ({
        account,
        device,
        kind,
        key_id: key.id,
        public_key: key.publicKey,
        signature: 'signature' in key ? key.signature : null,
      }))
    )
    .onConflict((conflict) => conflict.columns(['account', 'device', 'kind', 'key_id']).doNothing())
    .execute()
}

const take = (tx: Tx, account: Uint8Array, device: number, kind: Kind) =>
  tx
    .deleteFrom('one_time_keys')
    .where('seq', '=', (eb) =>
      eb
        .selectFrom('one_time_keys as oldest')
        .select((of) => of.fn.min('oldest.seq').as('seq'))
        .where('oldest.account', '=', account)
        .where('oldest.device', '=', device)
        .where('oldest.kind', '=', kind)
    )
    .returning(['key_id', 'public_key', 'signature'])
    .executeTakeFirst()

const countsOf = async (queries: Queries, account: Uint8Array, device: number): Promise<OneTimeCounts> => {
  const rows = await queries
    .selectFrom('one_time_keys')
    .select(['kind', (eb) => eb.fn.countAll<number>().as('count')])
    .where('account', '=', account)
    .where('device', '=', device)
    .groupBy('kind')
    .execute()
  const of = (kind: Kind): number => Number(rows.find((row) => row.kind === kind)?.count ?? 0)
  return { preKeys: of('ec'), kyberPreKeys: of('kyber') }
}

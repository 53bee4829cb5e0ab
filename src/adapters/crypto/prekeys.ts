import type { CryptoPort } from '../../core/ports/crypto.ts'
import type { Store } from '../../core/ports/storage.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import {
  KEMKeyPair,
  KyberPreKeyRecord,
  PreKeyRecord,
  PrivateKey,
  SignedPreKeyRecord,
} from '../../signal/index.ts'

/** Signed and last-resort keys are replaced after this, and the old private halves kept for late messages (architecture §5). */
const ROTATE_AFTER = 7 * 24 * 60 * 60 * 1000
const KEEP_RETIRED = 45 * 24 * 60 * 60 * 1000

type PreKeyPart = Pick<CryptoPort, 'makePreKeys'>
const text = toBase64Url

/** Makes batches of prekeys: public halves to upload, private halves to store before that. */
export const createPreKeys = ({ store }: { readonly store: Store }): PreKeyPart => ({
  makePreKeys: async (own, now, batch) => {
    const identity = PrivateKey.deserialize(own.identityPrivate)
    const ids = store.transaction((tx) => ({
      ec: tx.signal.nextPreKeyIds('ec', batch.ec),
      kyber: tx.signal.nextPreKeyIds('kyber', batch.kyber + 1),
      signed: tx.signal.nextPreKeyIds('signed', 1)[0] ?? 0,
    }))
    const preKeys = ids.ec.map((id) => {
      const key = PrivateKey.generate()
      return PreKeyRecord.new(id, key.getPublicKey(), key)
    })
    const kyberOf = (id: number): KyberPreKeyRecord => {
      const pair = KEMKeyPair.generate()
      return KyberPreKeyRecord.new(id, now, pair, identity.sign(pair.getPublicKey().serialize()))
    }
    const kyber: KyberPreKeyRecord[] = []
    for (const id of ids.kyber.slice(0, batch.kyber)) {
      kyber.push(kyberOf(id))
      // Some milliseconds each: let other work in between.
      if (kyber.length % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
    }
    const { newestSigned, newestLast } = store.read((tx) => ({
      newestSigned: tx.signal.newestSignedPreKey(),
      newestLast: tx.signal.newestLastResort(),
    }))
    const fresh = (row: { readonly createdAt: number } | undefined): boolean =>
      row !== undefined && row.createdAt > now - ROTATE_AFTER
    const signed =
      fresh(newestSigned) && newestSigned
        ? SignedPreKeyRecord.deserialize(newestSigned.record)
        : signedOf(ids.signed, now, identity)
    const lastResort =
      fresh(newestLast) && newestLast
        ? KyberPreKeyRecord.deserialize(newestLast.record)
        : kyberOf(ids.kyber.at(-1) ?? 0)
    return {
      value: {
        identityKey: text(own.identityPublic),
        registrationId: own.registrationId,
        signedPreKey: {
          id: signed.id(),
          publicKey: text(signed.publicKey().serialize()),
          signature: text(signed.signature()),
        },
        lastResortKyber: publicKyber(lastResort),
        preKeys: preKeys.map((record) => ({
          id: record.id(),
          publicKey: text(record.publicKey().serialize()),
        })),
        kyberPreKeys: kyber.map(publicKyber),
      },
      apply: (tx) => {
        for (const record of preKeys) tx.signal.putPreKey(record.id(), record.serialize())
        for (const record of kyber) tx.signal.putKyberPreKey(record.id(), record.serialize(), false, now)
        if (!fresh(newestSigned)) tx.signal.putSignedPreKey(signed.id(), signed.serialize(), now)
        if (!fresh(newestLast)) tx.signal.putKyberPreKey(lastResort.id(), lastResort.serialize(), true, now)
        tx.signal.sweepRetired(now - KEEP_RETIRED)
      },
    }
  },
})

const publicKyber = (record: KyberPreKeyRecord) => ({
  id: record.id(),
  publicKey: text(record.publicKey().serialize()),
  signature: text(record.signature()),
})

const signedOf = (id: number, now: number, identity: PrivateKey): SignedPreKeyRecord => {
  const key = PrivateKey.generate()
  return SignedPreKeyRecord.new(
    id,
    now,
    key.getPublicKey(),
    key,
    identity.sign(key.getPublicKey().serialize())
  )
}

import type { CryptoPort, PreKeyIds } from '../../core/ports/crypto.ts'
import type { OwnAccount, Store, Tx } from '../../core/ports/storage.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import {
  generateKyberPreKey,
  generatePreKeys,
  generateSignedPreKey,
  IdentityKeyPair,
  isRotationDue,
  KyberPreKeyRecord,
  PreKeyRecord,
  PrivateKey,
  PublicKey,
  RETENTION,
  SignedPreKeyRecord,
} from '../../signal/index.ts'

type PreKeyPart = Pick<CryptoPort, 'makePreKeys'>

/** Keys made in one go, some milliseconds each, before other work is let in between. */
const PORTION = 8

/** Makes batches of prekeys: public halves to upload, private halves to store before that. */
export const createPreKeys = ({ store }: { readonly store: Store }): PreKeyPart => ({
  makePreKeys: async (own, now, batch, offered = { ec: [], kyber: [] }) => {
    const identity = identityOf(own)
    const kept = store.read((tx) => stillThere(tx, offered))
    // Taken for good at once: an id that was ever made is never made again, whatever becomes of this batch.
    const ids = store.transaction((tx) => ({
      ec: tx.signal.nextPreKeyIds('ec', Math.max(0, batch.ec - kept.ec.length)),
      kyber: tx.signal.nextPreKeyIds('kyber', Math.max(0, batch.kyber - kept.kyber.length) + 1),
      signed: tx.signal.nextPreKeyIds('signed', 1),
    }))
    const preKeys = await inPortions(ids.ec, (id) => generatePreKeys(id, 1))
    const kyber = await inPortions(ids.kyber.slice(1), (id) => [generateKyberPreKey(identity, id, now)])
    const present = store.read((tx) => ({
      signed: tx.signal.newestSignedPreKey(),
      lastResort: tx.signal.newestLastResort(),
    }))
    const newSigned = isDue(present.signed, now)
      ? generateSignedPreKey(identity, ids.signed[0] ?? 0, now)
      : undefined
    const newLast = isDue(present.lastResort, now)
      ? generateKyberPreKey(identity, ids.kyber[0] ?? 0, now)
      : undefined
    const signed = newSigned ?? SignedPreKeyRecord.deserialize(present.signed?.record ?? NONE)
    const lastResort = newLast ?? KyberPreKeyRecord.deserialize(present.lastResort?.record ?? NONE)
    return {
      value: {
        identityKey: toBase64Url(own.identityPublic),
        registrationId: own.registrationId,
        signedPreKey: publicSigned(signed),
        lastResortKyber: publicSigned(lastResort),
        preKeys: [...kept.ec, ...preKeys].map(publicHalf),
        kyberPreKeys: [...kept.kyber, ...kyber].map(publicSigned),
      },
      apply: (tx) => {
        for (const record of preKeys) tx.signal.putPreKey(record.id(), record.serialize())
        for (const record of kyber) tx.signal.putKyberPreKey(record.id(), record.serialize(), false, now)
        if (newSigned) tx.signal.putSignedPreKey(newSigned.id(), newSigned.serialize(), now)
        if (newLast) tx.signal.putKyberPreKey(newLast.id(), newLast.serialize(), true, now)
        tx.signal.sweepRetired(now - RETENTION)
      },
    }
  },
})

const NONE = new Uint8Array()

/** Of these, the keys that nobody has used. */
const stillThere = (tx: Tx, { ec, kyber }: PreKeyIds) => ({
  ec: ec.flatMap((id) => tx.signal.preKey(id) ?? []).map((record) => PreKeyRecord.deserialize(record)),
  kyber: kyber
    .flatMap((id) => tx.signal.kyberPreKey(id)?.record ?? [])
    .map((record) => KyberPreKeyRecord.deserialize(record)),
})

const identityOf = (own: OwnAccount): IdentityKeyPair =>
  new IdentityKeyPair(PublicKey.deserialize(own.identityPublic), PrivateKey.deserialize(own.identityPrivate))

const isDue = (
  newest: { readonly id: number; readonly createdAt: number } | undefined,
  now: number
): boolean => isRotationDue(newest ? [newest] : [], now)

const inPortions = async <T>(
  ids: readonly number[],
  make: (id: number) => readonly T[]
): Promise<readonly T[]> => {
  const made: T[] = []
  for (const [place, id] of ids.entries()) {
    made.push(...make(id))
    if (place % PORTION === PORTION - 1) await new Promise((resolve) => setTimeout(resolve, 0))
  }
  return made
}

const publicHalf = (record: PreKeyRecord) => ({
  id: record.id(),
  publicKey: toBase64Url(record.publicKey().serialize()),
})

const publicSigned = (record: SignedPreKeyRecord | KyberPreKeyRecord) => ({
  id: record.id(),
  publicKey: toBase64Url(record.publicKey().serialize()),
  signature: toBase64Url(record.signature()),
})

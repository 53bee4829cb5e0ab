import { generateRawKeyPair } from '../crypto/pure.ts'
import { randomBytes } from '../crypto/random.ts'
import { signalError } from '../errors.ts'
import { PrivateKey, PublicKey, type IdentityKeyPair } from '../keys/ec.ts'
import { KEMKeyPair } from '../keys/kem.ts'
import { KyberPreKeyRecord, PreKeyRecord, SignedPreKeyRecord } from './records.ts'

/** One-time keys made at once (spec §2 leaves it open; this is what a relay holds of a device). */
export const ONE_TIME_BATCH = 100
const MAX_PRE_KEY_ID = 0xffffff
const MAX_REGISTRATION_ID = 0x3fff

/** Ids run through 1–2^24−1 and begin again: a relay hands old ones out long before that. */
export const nextPreKeyId = (id: number): number => (id % MAX_PRE_KEY_ID) + 1

/** A random id to start a device's numbering at, so that ids tell nothing of its age. */
export const randomPreKeyId = (): number =>
  (new DataView(randomBytes(4).buffer).getUint32(0) % MAX_PRE_KEY_ID) + 1

/** A registration id of 14 bits, 1–16380 (spec §1.6). */
export const randomRegistrationId = (): number =>
  (new DataView(randomBytes(4).buffer).getUint32(0) % (MAX_REGISTRATION_ID - 3)) + 1

const idsFrom = (firstId: number, count: number): number[] => {
  const ids: number[] = []
  for (let id = firstId; ids.length < count; id = nextPreKeyId(id)) ids.push(id)
  return ids
}

/** A batch of one-time prekeys with consecutive ids from `firstId`. Throws `invalid-argument` for a bad count. */
export const generatePreKeys = (firstId: number, count: number = ONE_TIME_BATCH): PreKeyRecord[] => {
  if (!Number.isInteger(count) || count < 0 || count > MAX_PRE_KEY_ID)
    throw signalError('invalid-argument', 'invalid argument: count of prekeys', 'PreKeys_Generate')
  return idsFrom(firstId, count).map((id) => {
    const pair = generateRawKeyPair()
    return PreKeyRecord.new(id, PublicKey.fromRaw(pair.publicKey), PrivateKey.deserialize(pair.privateKey))
  })
}

/** A signed prekey; `now` (ms) is kept as its age. */
export const generateSignedPreKey = (
  identity: IdentityKeyPair,
  id: number,
  now: number
): SignedPreKeyRecord => {
  const key = PrivateKey.generate()
  const publicKey = key.getPublicKey()
  return SignedPreKeyRecord.new(id, now, publicKey, key, identity.privateKey.sign(publicKey.serialize()))
}

/** A Kyber prekey, one-time or last-resort: the store decides which (spec §8.4). */
export const generateKyberPreKey = (
  identity: IdentityKeyPair,
  id: number,
  now: number
): KyberPreKeyRecord => {
  const pair = KEMKeyPair.generate()
  return KyberPreKeyRecord.new(id, now, pair, identity.privateKey.sign(pair.getPublicKey().serialize()))
}

/** A batch of one-time Kyber prekeys with consecutive ids from `firstId`. */
export const generateKyberPreKeys = (
  identity: IdentityKeyPair,
  firstId: number,
  now: number,
  count: number = ONE_TIME_BATCH
): KyberPreKeyRecord[] => idsFrom(firstId, count).map((id) => generateKyberPreKey(identity, id, now))

import type { ProtocolAddress } from '../address/protocol-address.ts'
import { equalBytes, wipe, type Bytes } from '../bytes.ts'
import { isCanonicalPublicKey } from '../crypto/curve.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { signalError } from '../errors.ts'
import type { PrivateKey, PublicKey } from '../keys/ec.ts'
import { mutexOf } from '../locks.ts'
import type { PreKeySignalMessage } from '../messages/pre-key-signal-message.ts'
import { SESSION_VERSION } from '../messages/versions.ts'
import { resolveOptions, type SignalOptions } from '../options.ts'
import { startSpqr } from '../spqr/spqr.ts'
import {
  Direction,
  type IdentityKeyStore,
  type KyberPreKeyStore,
  type PreKeyStore,
  type SessionStore,
  type SignedPreKeyStore,
} from '../stores/stores.ts'
import { attempt } from './decrypt.ts'
import { failureError, untrusted } from './failures.ts'
import { derivePqxdh } from './pqxdh.ts'
import { allAgreements } from './process-bundle.ts'
import { openSession, SessionRecord } from './record.ts'
import type { SessionState } from './state.ts'

const OPERATION = 'SessionCipher_DecryptPreKeySignalMessage'

type PreKeyStores = {
  readonly identity: IdentityKeyStore
  readonly preKeys: PreKeyStore
  readonly signedPreKeys: SignedPreKeyStore
  readonly kyberPreKeys: KyberPreKeyStore
}

type Chosen = {
  readonly state: SessionState
  /** Its place in the archive; `null` for the current session or a new one. */
  readonly place: number | null
  readonly kind: 'current' | 'archived' | 'new'
}

const agreeAsRecipient = async (
  provider: CryptoProvider,
  keys: { readonly identity: PrivateKey; readonly signed: PrivateKey; readonly oneTime: PrivateKey | null },
  theirIdentity: PublicKey,
  base: PublicKey
): Promise<Bytes[]> => {
  const secrets = [keys.identity, keys.signed, keys.oneTime].map((key) => key?.serialize())
  const [identity, signed, oneTime] = secrets as [Bytes, Bytes, Bytes | undefined]
  const baseKey = base.getPublicKeyBytes()
  try {
    return await allAgreements(
      [
        provider.agree(signed, theirIdentity.getPublicKeyBytes()),
        provider.agree(identity, baseKey),
        provider.agree(signed, baseKey),
        ...(oneTime ? [provider.agree(oneTime, baseKey)] : []),
      ],
      OPERATION
    )
  } finally {
    wipe(...secrets)
  }
}

/** The recipient's session (spec §3.3). Store errors for unknown prekeys pass through. */
const respond = async (
  message: PreKeySignalMessage,
  stores: PreKeyStores,
  provider: CryptoProvider
): Promise<SessionState> => {
  const { baseKey, identityKey, kyber, preKeyId, signedPreKeyId, registrationId } = message.fields()
  if (kyber === null)
    throw signalError('version-too-old', 'invalid PreKey message: X3DH no longer supported', OPERATION)
  const signed = await stores.signedPreKeys.getSignedPreKey(signedPreKeyId)
  const kyberRecord = await stores.kyberPreKeys.getKyberPreKey(kyber.id)
  const oneTime = preKeyId === null ? null : await stores.preKeys.getPreKey(preKeyId)
  const identity = await stores.identity.getIdentityKeyPair()
  const privateKeys = {
    identity: identity.privateKey,
    signed: signed.privateKey(),
    oneTime: oneTime?.privateKey() ?? null,
  }
  const kyberSecret = kyberRecord.secretKey().raw()
  // WebCrypto works beside this thread, so the check goes in between.
  const working = Promise.all([
    agreeAsRecipient(provider, privateKeys, identityKey, baseKey),
    provider.decapsulate(kyberSecret, kyber.ciphertext),
  ])
  const isCanonical = isCanonicalPublicKey(baseKey.getPublicKeyBytes())
  const [agreements, shared] = await working.finally(() => wipe(kyberSecret.key, kyberSecret.seed))
  if (!isCanonical) throw failureError('undecryptable', 'PreKey', OPERATION)
  if (shared === null) throw signalError('invalid-key', 'bad KEM secret key', OPERATION)
  const keys = derivePqxdh(agreements, shared)
  const spqr = startSpqr(keys.pqKey, false)
  wipe(keys.pqKey)
  const pair = {
    privateKey: signed.privateKey().serialize(),
    publicKey: signed.publicKey().getPublicKeyBytes(),
  }
  return {
    version: SESSION_VERSION,
    localIdentity: identity.publicKey.serialize(),
    remoteIdentity: identityKey.serialize(),
    localRegistrationId: await stores.identity.getLocalRegistrationId(),
    remoteRegistrationId: registrationId,
    aliceBaseKey: baseKey.serialize(),
    rootKey: keys.rootKey,
    previousCounter: 0,
    sending: { pair, key: keys.chainKey, index: 0 },
    receiving: [],
    pending: null,
    spqr,
  }
}

/** The session that the message belongs to (spec §8.4, steps 2 and 3). */
const choose = async (
  record: SessionRecord,
  message: PreKeySignalMessage,
  stores: PreKeyStores,
  provider: CryptoProvider
): Promise<Chosen> => {
  const { baseKey } = message.fields()
  const isOurs = (state: SessionState): boolean =>
    state.version === message.version() && equalBytes(state.aliceBaseKey, baseKey.serialize())
  const current = record.currentBytes()
  const state = current && openSession(current, OPERATION)
  if (state && isOurs(state)) return { state, place: null, kind: 'current' }
  for (const [place, bytes] of record.archivedBytes().entries()) {
    const archived = openSession(bytes, OPERATION)
    if (isOurs(archived)) return { state: archived, place, kind: 'archived' }
  }
  return { state: await respond(message, stores, provider), place: null, kind: 'new' }
}

/**
 * Decrypts a message that begins a session, or one of a session that has begun (spec §8.4). Nothing is persisted and no
 * prekey consumed unless all of it succeeds. Throws `untrusted-identity`, `duplicate-message`, `too-far-in-the-future`,
 * `undecryptable`, `invalid-key`, `version-too-old`, or what the stores throw for unknown prekeys and used base keys.
 */
export const signalDecryptPreKey = (
  message: PreKeySignalMessage,
  address: ProtocolAddress,
  localAddress: ProtocolAddress,
  sessionStore: SessionStore,
  identityStore: IdentityKeyStore,
  prekeyStore: PreKeyStore,
  signedPrekeyStore: SignedPreKeyStore,
  kyberPrekeyStore: KyberPreKeyStore,
  options?: SignalOptions
): Promise<Bytes> =>
  mutexOf(sessionStore).run(address.toString(), async () => {
    const { identityKey, kyber, baseKey, preKeyId, signedPreKeyId, message: inner } = message.fields()
    if (!(await identityStore.isTrustedIdentity(address, identityKey, Direction.Receiving)))
      throw untrusted(address, OPERATION)
    const stores = {
      identity: identityStore,
      preKeys: prekeyStore,
      signedPreKeys: signedPrekeyStore,
      kyberPreKeys: kyberPrekeyStore,
    }
    const resolved = resolveOptions(options)
    const record = (await sessionStore.getSession(address)) ?? SessionRecord.empty()
    const { state, place, kind } = await choose(record, message, stores, resolved.provider)
    const result = await attempt(state, { message: inner, address, localAddress, options: resolved })
    if (typeof result === 'string') throw failureError(result, 'PreKey', OPERATION)
    const next = kind === 'current' ? record.withCurrent(result.state) : record.promoted(result.state, place)
    await identityStore.saveIdentity(address, identityKey)
    await sessionStore.saveSession(address, next)
    if (kind === 'new' && kyber) {
      // Consumed only once the session is safe: a crash in between costs nothing, the other way round it would cost the
      // session. A base key that was used before is refused here, and the session taken back.
      try {
        await kyberPrekeyStore.markKyberPreKeyUsed(kyber.id, signedPreKeyId, baseKey)
      } catch (error) {
        await sessionStore.saveSession(address, record)
        throw error
      }
      if (preKeyId !== null) await prekeyStore.removePreKey(preKeyId)
    }
    return result.plaintext
  })

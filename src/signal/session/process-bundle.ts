import type { ProtocolAddress } from '../address/protocol-address.ts'
import type { Bytes } from '../bytes.ts'
import type { CryptoProvider, RawKeyPair } from '../crypto/provider.ts'
import { signalError } from '../errors.ts'
import { CURVE_KEY_TYPE, type IdentityKeyPair } from '../keys/ec.ts'
import { mutexOf } from '../locks.ts'
import { SESSION_VERSION } from '../messages/versions.ts'
import { resolveOptions, type SignalOptions } from '../options.ts'
import type { PreKeyBundle } from '../prekeys/bundle.ts'
import { EMPTY_LIST } from '../proto/packed.ts'
import { deriveRoot } from '../ratchet/kdf.ts'
import { startSpqr } from '../spqr/spqr.ts'
import { Direction, type IdentityKeyStore, type SessionStore } from '../stores/stores.ts'
import { untrusted } from './failures.ts'
import { derivePqxdh } from './pqxdh.ts'
import { SessionRecord } from './record.ts'
import type { SessionState } from './state.ts'
import { wipeSession } from './storage.ts'

const OPERATION = 'SessionBuilder_ProcessPreKeyBundle'
const MILLISECONDS = 1000

/** The 33-byte form of a raw public key. */
export const typed = (raw: Uint8Array): Bytes => Uint8Array.of(CURVE_KEY_TYPE, ...raw)

/** All agreements or an error: an all-zero one means a hostile key (spec §1.2). */
export const allAgreements = async (
  agreements: readonly Promise<Bytes | null>[],
  operation: string
): Promise<Bytes[]> =>
  (await Promise.all(agreements)).map((agreement) => {
    if (agreement === null) throw signalError('invalid-key', 'invalid key agreement', operation)
    return agreement
  })

const verifyBundle = async (bundle: PreKeyBundle, provider: CryptoProvider): Promise<void> => {
  const identity = bundle.identityKey().getPublicKeyBytes()
  const signed = bundle.signedPreKeyPublic().serialize()
  const kyber = bundle.kyberPreKeyPublic().serialize()
  const checks = await Promise.all([
    provider.verify(identity, signed, bundle.signedPreKeySignature()),
    provider.verify(identity, kyber, bundle.kyberPreKeySignature()),
  ])
  if (checks.includes(false)) throw signalError('invalid-signature', 'invalid signature detected', OPERATION)
}

type Initiation = {
  readonly bundle: PreKeyBundle
  readonly identity: IdentityKeyPair
  readonly localRegistrationId: number
  readonly now: Date
  readonly provider: CryptoProvider
}

const agreeWithBundle = async (
  { bundle, identity, provider }: Initiation,
  base: RawKeyPair,
  ratchet: RawKeyPair
): Promise<{ dh: Bytes[]; first: Bytes }> => {
  const identityPrivate = identity.privateKey.serialize()
  const signed = bundle.signedPreKeyPublic().getPublicKeyBytes()
  const oneTime = bundle.preKeyPublic()?.getPublicKeyBytes()
  const dh = await allAgreements(
    [
      provider.agree(identityPrivate, signed),
      provider.agree(base.privateKey, bundle.identityKey().getPublicKeyBytes()),
      provider.agree(base.privateKey, signed),
      ...(oneTime ? [provider.agree(base.privateKey, oneTime)] : []),
      provider.agree(ratchet.privateKey, signed),
    ],
    OPERATION
  )
  identityPrivate.fill(0)
  return { dh: dh.slice(0, -1), first: dh.at(-1) as Bytes }
}

/** The initiator's session (spec §3.2). */
const initiate = async (input: Initiation): Promise<SessionState> => {
  const { bundle, identity, provider } = input
  const [base, ratchet] = await Promise.all([provider.generate(), provider.generate()])
  const [{ dh, first }, kem] = await Promise.all([
    agreeWithBundle(input, base, ratchet),
    provider.encapsulate(bundle.kyberPreKeyPublic().serialize().subarray(1)),
  ])
  if (kem === null) throw signalError('invalid-key', 'bad KEM public key', OPERATION)
  const keys = derivePqxdh(dh, kem.secret)
  const { root, chain } = deriveRoot(keys.rootKey, first)
  const spqr = startSpqr(keys.pqKey, true)
  base.privateKey.fill(0)
  keys.pqKey.fill(0)
  keys.rootKey.fill(0)
  const baseKey = typed(base.publicKey)
  return {
    version: SESSION_VERSION,
    localIdentity: identity.publicKey.serialize(),
    remoteIdentity: bundle.identityKey().serialize(),
    localRegistrationId: input.localRegistrationId,
    remoteRegistrationId: bundle.registrationId(),
    aliceBaseKey: baseKey,
    rootKey: root,
    previousCounter: 0,
    sending: { pair: ratchet, key: chain, index: 0 },
    receiving: [
      {
        ratchetKey: bundle.signedPreKeyPublic().getPublicKeyBytes(),
        key: keys.chainKey,
        index: 0,
        skipped: EMPTY_LIST,
      },
    ],
    pending: {
      preKeyId: bundle.preKeyId(),
      signedPreKeyId: bundle.signedPreKeyId(),
      baseKey,
      kyberPreKeyId: bundle.kyberPreKeyId(),
      kyberCiphertext: kem.ciphertext,
      timestamp: Math.floor(input.now.getTime() / MILLISECONDS),
    },
    spqr,
  }
}

/**
 * Begins a session with the owner of `bundle` (spec §2, §3.2); an existing one is archived. Throws `invalid-signature`,
 * `untrusted-identity` or `invalid-key`.
 */
export const processPreKeyBundle = async (
  bundle: PreKeyBundle,
  address: ProtocolAddress,
  _localAddress: ProtocolAddress,
  sessionStore: SessionStore,
  identityStore: IdentityKeyStore,
  now: Date = new Date(),
  options?: SignalOptions
): Promise<void> => {
  const { provider } = resolveOptions(options)
  await verifyBundle(bundle, provider)
  await mutexOf(sessionStore).run(address.toString(), async () => {
    if (!(await identityStore.isTrustedIdentity(address, bundle.identityKey(), Direction.Sending)))
      throw untrusted(address, OPERATION)
    const identity = await identityStore.getIdentityKeyPair()
    const localRegistrationId = await identityStore.getLocalRegistrationId()
    const state = await initiate({ bundle, identity, localRegistrationId, now, provider })
    const record = ((await sessionStore.getSession(address)) ?? SessionRecord.empty()).promoted(state, null)
    wipeSession(state)
    await identityStore.saveIdentity(address, bundle.identityKey())
    await sessionStore.saveSession(address, record)
  })
}

import type { Staged } from '../../core/ports/crypto.ts'
import type { OwnAccount, Store, Tx } from '../../core/ports/storage.ts'
import { equalBytes } from '../../lib/bytes.ts'
import {
  baseKeyReused,
  IdentityChange,
  IdentityKeyPair,
  IdentityKeyStore,
  KyberPreKeyRecord,
  KyberPreKeyStore,
  LibSignalErrorBase,
  PreKeyRecord,
  PreKeyStore,
  PrivateKey,
  PublicKey,
  SessionRecord,
  SessionStore,
  SignedPreKeyRecord,
  SignedPreKeyStore,
  type Direction,
  type ProtocolAddress,
} from '../../signal/index.ts'

type Write = (tx: Tx) => void

/** A value with all the writes that make it true. */
export const stage = <T>(value: T, ...parts: readonly { apply(tx: Tx): void }[]): Staged<T> => ({
  value,
  apply: (tx) => {
    for (const part of parts) part.apply(tx)
  },
})

/** The sessions in a row. A row that cannot be read counts as none, so that a new session heals it. */
export const readRecord = (row: Uint8Array | undefined): SessionRecord | null => {
  if (!row) return null
  try {
    return SessionRecord.deserialize(row)
  } catch {
    return null
  }
}

const notFound = (what: string): never => {
  throw new LibSignalErrorBase('prekey-not-found', `no ${what}`, 'store')
}

/**
 * The stores of the Signal library for one operation: they read through to the database and keep what would be written, so that the
 * core can apply it in the transaction that also holds the message.
 */
export class StagedSessions extends SessionStore {
  readonly #store: Store
  readonly #sessions = new Map<string, Uint8Array>()
  constructor(store: Store) {
    super()
    this.#store = store
  }
  override async saveSession(name: ProtocolAddress, record: SessionRecord): Promise<void> {
    this.#sessions.set(name.toString(), record.serialize())
  }
  override async getSession(name: ProtocolAddress): Promise<SessionRecord | null> {
    const address = name.toString()
    const bytes = this.#sessions.get(address) ?? this.#store.read((tx) => tx.signal.session(address))
    return readRecord(bytes)
  }
  override async getExistingSessions(addresses: ProtocolAddress[]): Promise<SessionRecord[]> {
    const found = await Promise.all(addresses.map((address) => this.getSession(address)))
    return found.map((record) => record ?? notFound('session'))
  }
  /** Writes what was kept. */
  apply(tx: Tx): void {
    for (const [address, record] of this.#sessions) tx.signal.putSession(address, record)
  }
}

/**
 * Identities for one operation with one device: the only key that counts is the one of the verified device list, which the caller
 * brings (`expected`).
 */
export class StagedIdentities extends IdentityKeyStore {
  readonly #own: OwnAccount
  readonly #expected: Uint8Array
  readonly #saved = new Map<string, Uint8Array>()
  constructor(own: OwnAccount, expected: Uint8Array) {
    super()
    this.#own = own
    this.#expected = expected
  }
  override async getIdentityKey(): Promise<PrivateKey> {
    return PrivateKey.deserialize(this.#own.identityPrivate)
  }
  override async getIdentityKeyPair(): Promise<IdentityKeyPair> {
    // Deriving the public half again would cost a multiplication for every message.
    return new IdentityKeyPair(PublicKey.deserialize(this.#own.identityPublic), await this.getIdentityKey())
  }
  override async getLocalRegistrationId(): Promise<number> {
    return this.#own.registrationId
  }
  override async saveIdentity(name: ProtocolAddress, key: PublicKey): Promise<IdentityChange> {
    this.#saved.set(name.toString(), key.serialize())
    return IdentityChange.NewOrUnchanged
  }
  override async isTrustedIdentity(
    _name: ProtocolAddress,
    key: PublicKey,
    _direction: Direction
  ): Promise<boolean> {
    return equalBytes(key.serialize(), this.#expected)
  }
  override async getIdentity(): Promise<PublicKey | null> {
    return PublicKey.deserialize(this.#expected)
  }
  /** Writes what was kept. */
  apply(tx: Tx): void {
    for (const [address, key] of this.#saved) tx.signal.putIdentity(address, key)
  }
}

const noneMade = (): never => {
  throw new TypeError('decryption makes no prekeys')
}

class StagedOneTime extends PreKeyStore {
  readonly #store: Store
  readonly #writes: Write[]
  constructor(store: Store, writes: Write[]) {
    super()
    this.#store = store
    this.#writes = writes
  }
  override async savePreKey(): Promise<void> {
    noneMade()
  }
  override async getPreKey(id: number): Promise<PreKeyRecord> {
    const bytes = this.#store.read((tx) => tx.signal.preKey(id))
    return bytes ? PreKeyRecord.deserialize(bytes) : notFound('prekey')
  }
  override async removePreKey(id: number): Promise<void> {
    this.#writes.push((tx) => tx.signal.removePreKey(id))
  }
}

class StagedSigned extends SignedPreKeyStore {
  readonly #store: Store
  constructor(store: Store) {
    super()
    this.#store = store
  }
  override async saveSignedPreKey(): Promise<void> {
    noneMade()
  }
  override async getSignedPreKey(id: number): Promise<SignedPreKeyRecord> {
    const bytes = this.#store.read((tx) => tx.signal.signedPreKey(id))
    return bytes ? SignedPreKeyRecord.deserialize(bytes) : notFound('signed prekey')
  }
}

class StagedKyber extends KyberPreKeyStore {
  readonly #store: Store
  readonly #writes: Write[]
  constructor(store: Store, writes: Write[]) {
    super()
    this.#store = store
    this.#writes = writes
  }
  override async saveKyberPreKey(): Promise<void> {
    noneMade()
  }
  override async getKyberPreKey(id: number): Promise<KyberPreKeyRecord> {
    const row = this.#store.read((tx) => tx.signal.kyberPreKey(id))
    return row ? KyberPreKeyRecord.deserialize(row.record) : notFound('Kyber prekey')
  }
  override async markKyberPreKeyUsed(id: number, signedId: number, baseKey: PublicKey): Promise<void> {
    const base = baseKey.serialize()
    if (this.#store.read((tx) => tx.signal.kyberPreKey(id)?.lastResort)) {
      if (!isFirstUse(this.#store, id, signedId, base)) throw baseKeyReused()
      this.#writes.push((tx) => void tx.signal.markKyberUsed(id, signedId, base))
    } else this.#writes.push((tx) => tx.signal.removeKyberPreKey(id))
  }
}

/**
 * Asks whether a mark could be set and takes it back at once: it belongs into the transaction of the message, but a replay has to be
 * known before, since a transaction that fails would make the message come again for ever.
 */
const isFirstUse = (store: Store, id: number, signedId: number, baseKey: Uint8Array): boolean => {
  const undone = new Error('only asked')
  let first = false
  try {
    store.transaction((tx) => {
      first = tx.signal.markKyberUsed(id, signedId, baseKey)
      throw undone
    })
  } catch (error) {
    if (error !== undone) throw error
  }
  return first
}

/** Prekeys for one decryption; what it consumes is removed when the message is committed. */
export class StagedPreKeys {
  readonly #writes: Write[] = []
  readonly oneTime: PreKeyStore
  readonly signed: SignedPreKeyStore
  readonly kyber: KyberPreKeyStore
  constructor(store: Store) {
    this.oneTime = new StagedOneTime(store, this.#writes)
    this.signed = new StagedSigned(store)
    this.kyber = new StagedKyber(store, this.#writes)
  }
  /** Writes what was kept. */
  apply(tx: Tx): void {
    for (const write of this.#writes) write(tx)
  }
}

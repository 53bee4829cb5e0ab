import type * as ours from '../../../src/signal/index.ts'

/**
 * Either library behind the types of ours: the same harness runs on both, which is what a drop-in replacement means.
 */
export type Library = typeof ours
export type LibraryName = 'ours' | 'official'

/** What a test may look at inside a party's stores. */
export type PartyState = {
  readonly sessions: Map<string, Uint8Array<ArrayBuffer>>
  readonly identities: Map<string, Uint8Array>
  readonly preKeys: Map<number, Uint8Array>
  readonly signedPreKeys: Map<number, Uint8Array>
  readonly kyberPreKeys: Map<number, Uint8Array>
  readonly senderKeys: Map<string, Uint8Array<ArrayBuffer>>
  readonly lastResortKyberIds: Set<number>
  readonly usedBaseKeys: Set<string>
  trusts: (name: string, key: Uint8Array) => boolean
}

const key = (address: ours.ProtocolAddress): string => `${address.name()}.${address.deviceId()}`
const text = (bytes: Uint8Array): string => Array.from(bytes).join()
const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])
const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes)

const found = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`${what} not found`)
  return value
}

export const createStores = (lib: Library, identity: ours.PrivateKey, registrationId: number) => {
  const state: PartyState = {
    sessions: new Map(),
    identities: new Map(),
    preKeys: new Map(),
    signedPreKeys: new Map(),
    kyberPreKeys: new Map(),
    senderKeys: new Map(),
    lastResortKyberIds: new Set(),
    usedBaseKeys: new Set(),
    trusts: (name, publicKey) => {
      const known = state.identities.get(name)
      return known === undefined || same(known, publicKey)
    },
  }
  class Sessions extends lib.SessionStore {
    override async saveSession(name: ours.ProtocolAddress, record: ours.SessionRecord): Promise<void> {
      state.sessions.set(key(name), owned(record.serialize()))
    }
    override async getSession(name: ours.ProtocolAddress): Promise<ours.SessionRecord | null> {
      const bytes = state.sessions.get(key(name))
      return bytes ? lib.SessionRecord.deserialize(bytes) : null
    }
    override async getExistingSessions(addresses: ours.ProtocolAddress[]): Promise<ours.SessionRecord[]> {
      return addresses.map((name) =>
        lib.SessionRecord.deserialize(found(state.sessions.get(key(name)), 'session'))
      )
    }
  }
  class Identities extends lib.IdentityKeyStore {
    override async getIdentityKey(): Promise<ours.PrivateKey> {
      return identity
    }
    override async getLocalRegistrationId(): Promise<number> {
      return registrationId
    }
    override async saveIdentity(
      name: ours.ProtocolAddress,
      publicKey: ours.PublicKey
    ): Promise<ours.IdentityChange> {
      const before = state.identities.get(key(name))
      const bytes = publicKey.serialize()
      state.identities.set(key(name), bytes)
      return before && !same(before, bytes)
        ? lib.IdentityChange.ReplacedExisting
        : lib.IdentityChange.NewOrUnchanged
    }
    override async isTrustedIdentity(
      name: ours.ProtocolAddress,
      publicKey: ours.PublicKey
    ): Promise<boolean> {
      return state.trusts(key(name), publicKey.serialize())
    }
    override async getIdentity(name: ours.ProtocolAddress): Promise<ours.PublicKey | null> {
      const bytes = state.identities.get(key(name))
      return bytes ? lib.PublicKey.deserialize(owned(bytes)) : null
    }
  }
  class PreKeys extends lib.PreKeyStore {
    override async savePreKey(id: number, record: ours.PreKeyRecord): Promise<void> {
      state.preKeys.set(id, record.serialize())
    }
    override async getPreKey(id: number): Promise<ours.PreKeyRecord> {
      return lib.PreKeyRecord.deserialize(owned(found(state.preKeys.get(id), `prekey ${id}`)))
    }
    override async removePreKey(id: number): Promise<void> {
      state.preKeys.delete(id)
    }
  }
  class SignedPreKeys extends lib.SignedPreKeyStore {
    override async saveSignedPreKey(id: number, record: ours.SignedPreKeyRecord): Promise<void> {
      state.signedPreKeys.set(id, record.serialize())
    }
    override async getSignedPreKey(id: number): Promise<ours.SignedPreKeyRecord> {
      return lib.SignedPreKeyRecord.deserialize(
        owned(found(state.signedPreKeys.get(id), `signed prekey ${id}`))
      )
    }
  }
  class KyberPreKeys extends lib.KyberPreKeyStore {
    override async saveKyberPreKey(id: number, record: ours.KyberPreKeyRecord): Promise<void> {
      state.kyberPreKeys.set(id, record.serialize())
    }
    override async getKyberPreKey(id: number): Promise<ours.KyberPreKeyRecord> {
      return lib.KyberPreKeyRecord.deserialize(owned(found(state.kyberPreKeys.get(id), `Kyber prekey ${id}`)))
    }
    override async markKyberPreKeyUsed(id: number, signedId: number, baseKey: ours.PublicKey): Promise<void> {
      if (!state.lastResortKyberIds.has(id)) {
        state.kyberPreKeys.delete(id)
        return
      }
      const use = `${id} ${signedId} ${text(baseKey.serialize())}`
      if (state.usedBaseKeys.has(use)) throw new Error('base key used before')
      state.usedBaseKeys.add(use)
    }
  }
  class SenderKeys extends lib.SenderKeyStore {
    override async saveSenderKey(
      sender: ours.ProtocolAddress,
      id: string,
      record: ours.SenderKeyRecord
    ): Promise<void> {
      state.senderKeys.set(`${key(sender)} ${id}`, owned(record.serialize()))
    }
    override async getSenderKey(
      sender: ours.ProtocolAddress,
      id: string
    ): Promise<ours.SenderKeyRecord | null> {
      const bytes = state.senderKeys.get(`${key(sender)} ${id}`)
      return bytes ? lib.SenderKeyRecord.deserialize(bytes) : null
    }
  }
  return {
    state,
    sessions: new Sessions(),
    identities: new Identities(),
    preKeys: new PreKeys(),
    signedPreKeys: new SignedPreKeys(),
    kyberPreKeys: new KyberPreKeys(),
    senderKeys: new SenderKeys(),
  }
}

export type Wire = { readonly type: number; readonly bytes: Uint8Array<ArrayBuffer> }
export type BundleChoice = {
  readonly oneTime: boolean
  readonly lastResort: boolean
  readonly zeroIds: boolean
}

/** Public fields of a bundle as bytes, since the libraries can't share objects. */
export type Published = {
  readonly id: number
  readonly registrationId: number
  readonly device: number
  readonly oneTime: Uint8Array<ArrayBuffer> | null
  readonly signed: Uint8Array<ArrayBuffer>
  readonly signedSignature: Uint8Array<ArrayBuffer>
  readonly identity: Uint8Array<ArrayBuffer>
  readonly kyber: Uint8Array<ArrayBuffer>
  readonly kyberSignature: Uint8Array<ArrayBuffer>
}

/** As much of a party as another one needs. */
export type Peer = {
  readonly address: ours.ProtocolAddress
  readonly publish: (choice?: Partial<BundleChoice>) => Promise<Published>
}

/** One device on one of the libraries, with stores that keep serialized records. */
export const createPartyOn = (
  name: LibraryName,
  lib: Library,
  service: string,
  device = 1,
  options?: ours.SignalOptions,
  kept?: { readonly identity: Uint8Array<ArrayBuffer>; readonly registrationId: number }
) => {
  const identity = kept ? lib.PrivateKey.deserialize(kept.identity) : lib.PrivateKey.generate()
  const registrationId = kept?.registrationId ?? 1 + Math.floor(Math.random() * 16000)
  const address = lib.ProtocolAddress.new(service, device)
  const stores = createStores(lib, identity, registrationId)
  let nextId = 1

  const publish = async (choice: Partial<BundleChoice> = {}): Promise<Published> => {
    const id = choice.zeroIds ? 0 : nextId++
    const oneTime = choice.oneTime === false ? null : lib.PrivateKey.generate()
    const signed = lib.PrivateKey.generate()
    const kem = lib.KEMKeyPair.generate()
    const signedSignature = identity.sign(signed.getPublicKey().serialize())
    const kyberSignature = identity.sign(kem.getPublicKey().serialize())
    if (oneTime)
      await stores.preKeys.savePreKey(id, lib.PreKeyRecord.new(id, oneTime.getPublicKey(), oneTime))
    await stores.signedPreKeys.saveSignedPreKey(
      id,
      lib.SignedPreKeyRecord.new(id, Date.now(), signed.getPublicKey(), signed, signedSignature)
    )
    await stores.kyberPreKeys.saveKyberPreKey(
      id,
      lib.KyberPreKeyRecord.new(id, Date.now(), kem, kyberSignature)
    )
    if (choice.lastResort) stores.state.lastResortKyberIds.add(id)
    return {
      id,
      registrationId,
      device,
      oneTime: oneTime?.getPublicKey().serialize() ?? null,
      signed: signed.getPublicKey().serialize(),
      signedSignature,
      identity: identity.getPublicKey().serialize(),
      kyber: kem.getPublicKey().serialize(),
      kyberSignature,
    }
  }

  return {
    name,
    lib,
    identity,
    registrationId,
    address,
    stores,
    publish,
    addressOf: (other: Peer) => lib.ProtocolAddress.new(other.address.name(), other.address.deviceId()),
    bundle: (published: Published) =>
      lib.PreKeyBundle.new(
        published.registrationId,
        published.device,
        published.oneTime ? published.id : null,
        published.oneTime ? lib.PublicKey.deserialize(published.oneTime) : null,
        published.id,
        lib.PublicKey.deserialize(published.signed),
        published.signedSignature,
        lib.PublicKey.deserialize(published.identity),
        published.id,
        lib.KEMPublicKey.deserialize(published.kyber),
        published.kyberSignature
      ),
    async begin(other: Peer, choice: Partial<BundleChoice> = {}, now = new Date()): Promise<void> {
      await this.process(other, this.bundle(await other.publish(choice)), now)
    },
    async process(other: Peer, bundle: ours.PreKeyBundle, now = new Date()): Promise<void> {
      const { sessions, identities } = stores
      await lib.processPreKeyBundle(
        bundle,
        this.addressOf(other),
        address,
        sessions,
        identities,
        now,
        options
      )
    },
    async encrypt(other: Peer, plaintext: Uint8Array<ArrayBuffer>, now = new Date()): Promise<Wire> {
      const { sessions, identities } = stores
      const sealed = await lib.signalEncrypt(
        plaintext,
        this.addressOf(other),
        address,
        sessions,
        identities,
        now
      )
      return { type: sealed.type(), bytes: owned(sealed.serialize()) }
    },
    async decrypt(other: Peer, wire: Wire): Promise<Uint8Array> {
      const from = this.addressOf(other)
      const { sessions, identities, preKeys, signedPreKeys, kyberPreKeys } = stores
      if (wire.type === lib.CiphertextMessageType.PreKey) {
        const message = lib.PreKeySignalMessage.deserialize(wire.bytes)
        return lib.signalDecryptPreKey(
          message,
          from,
          address,
          sessions,
          identities,
          preKeys,
          signedPreKeys,
          kyberPreKeys,
          options
        )
      }
      const message = lib.SignalMessage.deserialize(wire.bytes)
      return lib.signalDecrypt(message, from, address, sessions, identities, options)
    },
  }
}
export type Party = ReturnType<typeof createPartyOn>

export const utf8 = (value: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(new TextEncoder().encode(value))
export const asText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

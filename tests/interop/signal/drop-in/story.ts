// Written for the official library: nothing here knows of ours. The test runs it twice, the second time with the import changed.
import * as Signal from '@signalapp/libsignal-client'

class Sessions extends Signal.SessionStore {
  readonly #records = new Map<string, Signal.SessionRecord>()
  override async saveSession(name: Signal.ProtocolAddress, record: Signal.SessionRecord): Promise<void> {
    this.#records.set(name.toString(), record)
  }
  override async getSession(name: Signal.ProtocolAddress): Promise<Signal.SessionRecord | null> {
    return this.#records.get(name.toString()) ?? null
  }
  override async getExistingSessions(names: Signal.ProtocolAddress[]): Promise<Signal.SessionRecord[]> {
    return names.map((name) => this.#records.get(name.toString()) as Signal.SessionRecord)
  }
}

class Identities extends Signal.IdentityKeyStore {
  readonly key = Signal.PrivateKey.generate()
  readonly #known = new Map<string, Signal.PublicKey>()
  override async getIdentityKey(): Promise<Signal.PrivateKey> {
    return this.key
  }
  override async getLocalRegistrationId(): Promise<number> {
    return 5
  }
  override async saveIdentity(
    name: Signal.ProtocolAddress,
    key: Signal.PublicKey
  ): Promise<Signal.IdentityChange> {
    const before = this.#known.get(name.toString())
    this.#known.set(name.toString(), key)
    return before && !before.equals(key)
      ? Signal.IdentityChange.ReplacedExisting
      : Signal.IdentityChange.NewOrUnchanged
  }
  override async isTrustedIdentity(name: Signal.ProtocolAddress, key: Signal.PublicKey): Promise<boolean> {
    return this.#known.get(name.toString())?.equals(key) ?? true
  }
  override async getIdentity(name: Signal.ProtocolAddress): Promise<Signal.PublicKey | null> {
    return this.#known.get(name.toString()) ?? null
  }
}

class PreKeys extends Signal.PreKeyStore {
  readonly records = new Map<number, Signal.PreKeyRecord>()
  override async savePreKey(id: number, record: Signal.PreKeyRecord): Promise<void> {
    this.records.set(id, record)
  }
  override async getPreKey(id: number): Promise<Signal.PreKeyRecord> {
    return this.records.get(id) as Signal.PreKeyRecord
  }
  override async removePreKey(id: number): Promise<void> {
    this.records.delete(id)
  }
}

class SignedPreKeys extends Signal.SignedPreKeyStore {
  readonly #records = new Map<number, Signal.SignedPreKeyRecord>()
  override async saveSignedPreKey(id: number, record: Signal.SignedPreKeyRecord): Promise<void> {
    this.#records.set(id, record)
  }
  override async getSignedPreKey(id: number): Promise<Signal.SignedPreKeyRecord> {
    return this.#records.get(id) as Signal.SignedPreKeyRecord
  }
}

class KyberPreKeys extends Signal.KyberPreKeyStore {
  readonly records = new Map<number, Signal.KyberPreKeyRecord>()
  override async saveKyberPreKey(id: number, record: Signal.KyberPreKeyRecord): Promise<void> {
    this.records.set(id, record)
  }
  override async getKyberPreKey(id: number): Promise<Signal.KyberPreKeyRecord> {
    return this.records.get(id) as Signal.KyberPreKeyRecord
  }
  override async markKyberPreKeyUsed(id: number): Promise<void> {
    this.records.delete(id)
  }
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text))
const alice = Signal.ProtocolAddress.new('9d0652a3-dcc3-4d11-975f-74d61598733f', 1)
const bob = Signal.ProtocolAddress.new('796abedb-ca4e-4f18-8803-1fde5b921f9f', 2)
const [aliceSessions, bobSessions] = [new Sessions(), new Sessions()]
const [aliceIdentities, bobIdentities] = [new Identities(), new Identities()]
const [preKeys, signedPreKeys, kyberPreKeys] = [new PreKeys(), new SignedPreKeys(), new KyberPreKeys()]
const log: unknown[] = []

const [oneTime, signed, kyber] = [
  Signal.PrivateKey.generate(),
  Signal.PrivateKey.generate(),
  Signal.KEMKeyPair.generate(),
]
const signature = bobIdentities.key.sign(signed.getPublicKey().serialize())
const kyberSignature = bobIdentities.key.sign(kyber.getPublicKey().serialize())
await preKeys.savePreKey(1, Signal.PreKeyRecord.new(1, oneTime.getPublicKey(), oneTime))
await signedPreKeys.saveSignedPreKey(
  2,
  Signal.SignedPreKeyRecord.new(2, Date.now(), signed.getPublicKey(), signed, signature)
)
await kyberPreKeys.saveKyberPreKey(3, Signal.KyberPreKeyRecord.new(3, Date.now(), kyber, kyberSignature))
const bundle = Signal.PreKeyBundle.new(
  5,
  2,
  1,
  oneTime.getPublicKey(),
  2,
  signed.getPublicKey(),
  signature,
  bobIdentities.key.getPublicKey(),
  3,
  kyber.getPublicKey(),
  kyberSignature
)

await Signal.processPreKeyBundle(bundle, bob, alice, aliceSessions, aliceIdentities)
const first = await Signal.signalEncrypt(bytes('hello'), bob, alice, aliceSessions, aliceIdentities)
log.push(Number(first.type()) === Number(Signal.CiphertextMessageType.PreKey))
const opened = await Signal.signalDecryptPreKey(
  Signal.PreKeySignalMessage.deserialize(first.serialize()),
  alice,
  bob,
  bobSessions,
  bobIdentities,
  preKeys,
  signedPreKeys,
  kyberPreKeys
)
log.push(Buffer.from(opened).toString(), preKeys.records.size, kyberPreKeys.records.size)
const reply = await Signal.signalEncrypt(bytes('hi'), alice, bob, bobSessions, bobIdentities)
const message = Signal.SignalMessage.deserialize(reply.serialize())
log.push(
  Number(reply.type()) === Number(Signal.CiphertextMessageType.Whisper),
  message.counter(),
  message.messageVersion()
)
const answer = await Signal.signalDecrypt(message, bob, alice, aliceSessions, aliceIdentities)
log.push(Buffer.from(answer).toString())
try {
  await Signal.signalDecrypt(message, bob, alice, aliceSessions, aliceIdentities)
} catch (error) {
  log.push(
    error instanceof Signal.LibSignalErrorBase,
    Signal.LibSignalErrorBase.is(error, Signal.ErrorCode.DuplicatedMessage)
  )
}
process.stdout.write(JSON.stringify(log))

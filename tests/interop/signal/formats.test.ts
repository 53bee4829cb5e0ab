import * as official from '@signalapp/libsignal-client'
import { describe, expect, test } from 'vitest'
import * as ours from '../../../src/signal/index.ts'
import { createParty, libraries, utf8, type LibraryName } from './party.ts'

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values)
const filled = (length: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value)

type Outcome = {
  readonly code: number
  readonly name: string
  readonly operation: string
  readonly message: string
}

const outcome = (action: () => unknown): Outcome | 'fine' => {
  try {
    action()
    return 'fine'
  } catch (error) {
    const { code, name, operation, message } = error as Outcome
    return { code, name, operation, message }
  }
}

const SAME_ERRORS: readonly (readonly [string, (lib: typeof ours) => unknown])[] = [
  ['an empty public key', (lib) => lib.PublicKey.deserialize(bytes())],
  ['a short public key', (lib) => lib.PublicKey.deserialize(bytes(5))],
  ['a public key of another type', (lib) => lib.PublicKey.deserialize(filled(33, 7))],
  ['a long public key', (lib) => lib.PublicKey.deserialize(bytes(5, ...filled(40, 9)))],
  ['a short private key', (lib) => lib.PrivateKey.deserialize(bytes(5))],
  [
    'an all-zero agreement',
    (lib) => lib.PrivateKey.generate().agree(lib.PublicKey.deserialize(bytes(5, ...filled(32, 0)))),
  ],
  ['a KEM key of another type', (lib) => lib.KEMPublicKey.deserialize(filled(1569, 7))],
  ['an ML-KEM key', (lib) => lib.KEMPublicKey.deserialize(bytes(10, ...filled(1568, 1)))],
  ['a short KEM key', (lib) => lib.KEMPublicKey.deserialize(bytes(8, 1))],
  ['a bad service id', (lib) => lib.ServiceId.parseFromServiceIdString('x')],
  ['an empty SignalMessage', (lib) => lib.SignalMessage.deserialize(bytes())],
  ['version 2', (lib) => lib.SignalMessage.deserialize(filled(20, 0x22))],
  ['version 5', (lib) => lib.SignalMessage.deserialize(filled(20, 0x55))],
  ['a SignalMessage of garbage', (lib) => lib.SignalMessage.deserialize(filled(20, 0x44))],
  ['missing fields', (lib) => lib.SignalMessage.deserialize(bytes(0x44, 0x10, 3, ...filled(8, 0)))],
  ['an empty PreKeySignalMessage', (lib) => lib.PreKeySignalMessage.deserialize(bytes())],
  ['PreKey version 2', (lib) => lib.PreKeySignalMessage.deserialize(filled(20, 0x22))],
  ['PreKey version 5', (lib) => lib.PreKeySignalMessage.deserialize(filled(20, 0x55))],
  ['PreKey without fields', (lib) => lib.PreKeySignalMessage.deserialize(bytes(0x44))],
  ['an empty SenderKeyMessage', (lib) => lib.SenderKeyMessage.deserialize(bytes())],
  ['SenderKeyMessage version 2', (lib) => lib.SenderKeyMessage.deserialize(filled(80, 0x22))],
  ['SenderKeyMessage version 4', (lib) => lib.SenderKeyMessage.deserialize(filled(80, 0x44))],
  ['a SenderKeyMessage of garbage', (lib) => lib.SenderKeyMessage.deserialize(filled(80, 0x33))],
  ['an empty distribution', (lib) => lib.SenderKeyDistributionMessage.deserialize(bytes())],
  ['distribution version 2', (lib) => lib.SenderKeyDistributionMessage.deserialize(filled(80, 0x22))],
  ['a distribution of garbage', (lib) => lib.SenderKeyDistributionMessage.deserialize(filled(80, 0x33))],
  ['a session record of garbage', (lib) => lib.SessionRecord.deserialize(bytes(255, 255))],
  ['a sealed content of garbage', (lib) => lib.UnidentifiedSenderMessageContent.deserialize(bytes(255, 255))],
  ['a sender certificate of garbage', (lib) => lib.SenderCertificate.deserialize(bytes(255, 255))],
  ['an empty server certificate', (lib) => lib.ServerCertificate.deserialize(bytes())],
  ['a retry message of garbage', (lib) => lib.DecryptionErrorMessage.deserialize(bytes(255))],
  ['an empty retry message', (lib) => lib.DecryptionErrorMessage.deserialize(bytes())],
  ['empty plaintext content', (lib) => lib.PlaintextContent.deserialize(bytes())],
  ['plaintext content of another kind', (lib) => lib.PlaintextContent.deserialize(bytes(0))],
  ['a prekey record of garbage', (lib) => lib.PreKeyRecord.deserialize(bytes(255))],
  [
    'one fingerprint iteration',
    (lib) => {
      const key = lib.PrivateKey.generate().getPublicKey()
      lib.Fingerprint.new(1, 2, bytes(0), key, bytes(1), key)
    },
  ],
  [
    'fingerprints of two versions',
    (lib) => {
      const key = lib.PrivateKey.generate().getPublicKey()
      const print = (version: number) =>
        lib.Fingerprint.new(5, version, bytes(0), key, bytes(1), key).scannableFingerprint()
      print(1).compare(print(2))
    },
  ],
  [
    'half a one-time prekey',
    (lib) => {
      const key = lib.PrivateKey.generate().getPublicKey()
      const kem = lib.KEMKeyPair.generate().getPublicKey()
      lib.PreKeyBundle.new(1, 1, 5, null, 1, key, bytes(), key, 1, kem, bytes())
    },
  ],
]

test.each(SAME_ERRORS)('both libraries say the same of %s', (_, action) => {
  expect(outcome(() => action(ours))).toEqual(outcome(() => action(official as unknown as typeof ours)))
})

test.each([0, 128])('both refuse device id %i with the same code', (device) => {
  for (const lib of Object.values(libraries))
    expect(() => lib.ProtocolAddress.new('a', device)).toThrow(expect.objectContaining({ code: 5 }))
})

const PAIRS: readonly (readonly [LibraryName, LibraryName])[] = [
  ['ours', 'official'],
  ['official', 'ours'],
]

describe.each(PAIRS)('%s to %s', (from, to) => {
  const [a, b] = [libraries[from], libraries[to]]

  test('spec §1.3: signatures', () => {
    for (let i = 0; i < 50; i++) {
      const key = a.PrivateKey.generate()
      const message = utf8(`message ${i}`)
      const signature = key.sign(message)
      const remote = b.PublicKey.deserialize(key.getPublicKey().serialize())
      expect(remote.verify(message, signature)).toBe(true)
      expect(remote.verify(utf8('other'), signature)).toBe(false)
    }
  })

  test('spec §12: alternate identities', () => {
    const identity = a.IdentityKeyPair.generate()
    const other = a.PrivateKey.generate().getPublicKey()
    const signature = identity.signAlternateIdentity(other)
    const remote = b.PublicKey.deserialize(identity.publicKey.serialize())
    expect(remote.verifyAlternateIdentity(b.PublicKey.deserialize(other.serialize()), signature)).toBe(true)
    expect(remote.verifyAlternateIdentity(remote, signature)).toBe(false)
  })

  test('spec §16: identity and prekey records', () => {
    const identity = a.IdentityKeyPair.generate()
    const copy = b.IdentityKeyPair.deserialize(identity.serialize())
    expect(Buffer.from(copy.privateKey.serialize())).toEqual(Buffer.from(identity.privateKey.serialize()))
    const { publicKey, privateKey } = identity
    const record = b.PreKeyRecord.deserialize(a.PreKeyRecord.new(5, publicKey, privateKey).serialize())
    expect([record.id(), Buffer.from(record.privateKey().serialize())]).toEqual([
      5,
      Buffer.from(privateKey.serialize()),
    ])
    const signature = filled(64, 3)
    const signed = b.SignedPreKeyRecord.deserialize(
      a.SignedPreKeyRecord.new(6, 1234567890123, publicKey, privateKey, signature).serialize()
    )
    expect([signed.id(), signed.timestamp(), Buffer.from(signed.signature())]).toEqual([
      6,
      1234567890123,
      Buffer.from(signature),
    ])
    expect(Buffer.from(signed.publicKey().serialize())).toEqual(Buffer.from(publicKey.serialize()))
    const kem = a.KEMKeyPair.generate()
    const kyber = b.KyberPreKeyRecord.deserialize(a.KyberPreKeyRecord.new(7, 99, kem, signature).serialize())
    expect([kyber.id(), kyber.timestamp()]).toEqual([7, 99])
    expect(Buffer.from(kyber.keyPair().getPublicKey().serialize())).toEqual(
      Buffer.from(kem.getPublicKey().serialize())
    )
    expect(Buffer.from(kyber.secretKey().serialize())).toEqual(Buffer.from(kem.getSecretKey().serialize()))
  })

  test('spec §11: fingerprints', () => {
    const [mine, theirs] = [a.PrivateKey.generate().getPublicKey(), a.PrivateKey.generate().getPublicKey()]
    const local = a.Fingerprint.new(5200, 2, utf8('me'), mine, utf8('you'), theirs)
    const remote = b.Fingerprint.new(
      5200,
      2,
      utf8('you'),
      b.PublicKey.deserialize(theirs.serialize()),
      utf8('me'),
      b.PublicKey.deserialize(mine.serialize())
    )
    expect(local.displayableFingerprint().toString()).toBe(remote.displayableFingerprint().toString())
    const scanned = a.ScannableFingerprint._fromBuffer(
      Uint8Array.from(remote.scannableFingerprint().toBuffer())
    )
    expect(local.scannableFingerprint().compare(scanned)).toBe(true)
    expect(local.scannableFingerprint().compare(local.scannableFingerprint())).toBe(false)
  })

  test('spec §12: retry messages', async () => {
    const [alice, bob] = [createParty(from, 'alice'), createParty(to, 'bob', 4)]
    await alice.begin(bob)
    const wire = await alice.encrypt(bob, utf8('x'))
    const made = b.DecryptionErrorMessage.forOriginal(wire.bytes, 3, 1234567890123, 1)
    const content = a.PlaintextContent.deserialize(b.PlaintextContent.from(made).serialize())
    const read = a.DecryptionErrorMessage.extractFromSerializedBody(content.body())
    expect([read.timestamp(), read.deviceId()]).toEqual([1234567890123, 1])
    const session = await alice.stores.sessions.getSession(alice.addressOf(bob))
    const key = read.ratchetKey() as ours.PublicKey
    expect(session?.currentRatchetKeyMatches(key)).toBe(true)
    expect(session?.currentRatchetKeyMatches(alice.identity.getPublicKey())).toBe(false)
    expect(Buffer.from(a.DecryptionErrorMessage.deserialize(made.serialize()).serialize())).toEqual(
      Buffer.from(made.serialize())
    )
    expect(() => b.DecryptionErrorMessage.forOriginal(content.serialize(), 8, 1, 1)).toThrow()
    expect(a.DecryptionErrorMessage.forOriginal(filled(9, 0), 7, 1, 1).ratchetKey()).toBeUndefined()
  })

  test('spec §1.4: hkdf and AES-GCM-SIV', () => {
    const [key, salt, nonce] = [filled(32, 1), filled(13, 2), filled(12, 3)]
    for (const chosen of [salt, null])
      expect(Buffer.from(a.hkdf(77, key, utf8('label'), chosen))).toEqual(
        Buffer.from(b.hkdf(77, key, utf8('label'), chosen))
      )
    const sealed = a.Aes256GcmSiv.new(key).encrypt(utf8('text'), nonce, utf8('data'))
    const cipher = b.Aes256GcmSiv.new(key)
    expect(Buffer.from(cipher.decrypt(Uint8Array.from(sealed), nonce, utf8('data')))).toEqual(
      Buffer.from('text')
    )
    expect(() => cipher.decrypt(Uint8Array.from(sealed), nonce, utf8('other'))).toThrow()
  })

  test('spec §1.6: service ids', () => {
    for (const text of ['9d0652a3-dcc3-4d11-975f-74d61598733f', 'PNI:9d0652a3-dcc3-4d11-975f-74d61598733f']) {
      const id = a.ServiceId.parseFromServiceIdString(text)
      const fixed = b.ServiceId.parseFromServiceIdFixedWidthBinary(id.getServiceIdFixedWidthBinary())
      const short = b.ServiceId.parseFromServiceIdBinary(id.getServiceIdBinary())
      expect([fixed.getServiceIdString(), short.getServiceIdString()]).toEqual([text, text])
      expect([fixed.isEqual(short), fixed.getRawUuid()]).toEqual([true, text.slice(-36)])
    }
    const [aci, pni] = [a.Aci.fromUuidBytes(filled(16, 9)), a.Pni.fromUuidBytes(filled(16, 1))]
    expect([a.ServiceId.comparator(aci, pni) < 0, a.ServiceId.comparator(aci, aci)]).toEqual([true, 0])
    expect(() => a.Pni.parseFromServiceIdString(aci.getServiceIdString())).toThrow()
  })
})

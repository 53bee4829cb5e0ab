import * as official from '@signalapp/libsignal-client'
import { describe, expect, test } from 'vitest'
import * as ours from '../../../src/signal/index.ts'
import { writeUint } from '../../../src/signal/proto/varint.ts'
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

const MORE_SAME_ERRORS: readonly (readonly [string, (lib: typeof ours) => unknown])[] = [
  ['an empty KEM key', (lib) => lib.KEMPublicKey.deserialize(bytes())],
  ['an empty KEM secret key', (lib) => lib.KEMSecretKey.deserialize(bytes())],
  ['an identity of garbage', (lib) => lib.IdentityKeyPair.deserialize(bytes(255))],
  ['a short service id', (lib) => lib.ServiceId.parseFromServiceIdBinary(filled(3, 0))],
  ['an ACI with a kind', (lib) => lib.ServiceId.parseFromServiceIdBinary(filled(17, 0))],
  ['a million and one fingerprint iterations', (lib) => fingerprint(lib, 1_000_001)],
  ['a fingerprint of garbage', (lib) => scannable(lib, bytes(255)).compare(scannable(lib, bytes(255)))],
  [
    'their fingerprint of garbage',
    (lib) =>
      fingerprint(lib, 2)
        .scannableFingerprint()
        .compare(scannable(lib, bytes(255))),
  ],
  [
    'a distribution with a short chain key',
    (lib) => {
      const key = lib.PrivateKey.generate().getPublicKey()
      const message = lib.SenderKeyDistributionMessage._new(3, UUID, 1, 2, filled(31, 0), key)
      lib.SenderKeyDistributionMessage.deserialize(message.serialize())
    },
  ],
  ['a retry body without an end', (lib) => lib.DecryptionErrorMessage.extractFromSerializedBody(bytes(1, 2))],
  ['an empty retry body', (lib) => lib.DecryptionErrorMessage.extractFromSerializedBody(bytes())],
  ['a server certificate without key', (lib) => lib.ServerCertificate.deserialize(signedBytes(bytes(8, 1)))],
  ['a sender certificate without key', (lib) => lib.SenderCertificate.deserialize(signedBytes(bytes(8, 1)))],
  [
    'a sealed content of a kind that is none',
    (lib) => lib.UnidentifiedSenderMessageContent.deserialize(bytes(8, 5, 18, 0, 26, 0)),
  ],
  ['an empty sealed content', (lib) => lib.UnidentifiedSenderMessageContent.deserialize(bytes())],
  ['an AES-GCM-SIV key of another length', (lib) => lib.Aes256GcmSiv.new(bytes())],
  [
    'a sealed text shorter than a tag',
    (lib) => lib.Aes256GcmSiv.new(filled(32, 1)).decrypt(bytes(1), filled(12, 0), bytes()),
  ],
]
const UUID = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const signedBytes = (content: Uint8Array): Uint8Array<ArrayBuffer> =>
  bytes(10, content.length, ...content, 18, 64, ...filled(64, 0))
const scannable = (lib: typeof ours, content: Uint8Array<ArrayBuffer>): ours.ScannableFingerprint =>
  lib.ScannableFingerprint._fromBuffer(content)
const fingerprint = (lib: typeof ours, iterations: number): ours.Fingerprint => {
  const key = lib.PrivateKey.deserialize(filled(32, 1)).getPublicKey()
  return lib.Fingerprint.new(iterations, 2, bytes(0), key, bytes(1), key)
}

test.each([...SAME_ERRORS, ...MORE_SAME_ERRORS])('both libraries say the same of %s', (_, action) => {
  expect(outcome(() => action(ours))).toEqual(outcome(() => action(official as unknown as typeof ours)))
})

const hexOf = (content: Uint8Array): string => Buffer.from(content).toString('hex')
const keyOf = (lib: typeof ours, byte: number): ours.PrivateKey =>
  lib.PrivateKey.deserialize(filled(32, byte))

/** Messages, certificates and records with nothing random but the signatures, of which only the length is told. */
const SAME_VALUES: readonly (readonly [string, (lib: typeof ours) => unknown])[] = [
  [
    'service ids in a row',
    (lib) =>
      hexOf(lib.ServiceId.toConcatenatedFixedWidthBinary([lib.Aci.fromUuid(UUID), lib.Pni.fromUuid(UUID)])),
  ],
  [
    'the order of service ids',
    (lib) => {
      const ids = [
        lib.Pni.fromUuidBytes(filled(16, 1)),
        ...[3, 2].map((n) => lib.Aci.fromUuidBytes(filled(16, n))),
      ]
      return ids.sort(lib.ServiceId.comparator).map((id) => [`${id.toString()}`, id.getServiceIdString()])
    },
  ],
  ['an address of a service id', (lib) => lib.ProtocolAddress.new(lib.Aci.fromUuid(UUID), 127).toString()],
  [
    'a prekey record with nothing but keys',
    (lib) => {
      const pair = signedPair(keyOf(lib, 1))
      const signed = lib.SignedPreKeyRecord.deserialize(pair)
      return [
        lib.PreKeyRecord.deserialize(pair).id(),
        signed.id(),
        signed.timestamp(),
        signed.signature().length,
      ]
    },
  ],
  [
    'a Kyber prekey record with nothing but keys',
    (lib) => {
      const kem = ours.KEMKeyPair.generate()
      const fields = [kem.getPublicKey().serialize(), kem.getSecretKey().serialize()]
      const record = lib.KyberPreKeyRecord.deserialize(
        bytes(...fields.flatMap((field, i) => longField(i + 2, field)))
      )
      return [record.id(), record.timestamp(), record.signature().length]
    },
  ],
  [
    'a retry message of an unknown device',
    (lib) => lib.DecryptionErrorMessage.deserialize(bytes(16, 5)).deviceId(),
  ],
  [
    'a SignalMessage of version 3 in a PreKeySignalMessage',
    (lib) => {
      const key = keyOf(lib, 1).getPublicKey()
      const inner = lib.SignalMessage._new(3, filled(32, 1), key, 1, 2, bytes(1), key, key, bytes())
      const outer = lib.PreKeySignalMessage._new(3, 5, 6, 7, key, key, inner)
      const error = lib.DecryptionErrorMessage.forOriginal(inner.serialize(), 2, 3, 4)
      return [
        ...[outer.preKeyId(), outer.registrationId(), outer.signedPreKeyId(), outer.version()],
        ...[hexOf(outer.serialize()), hexOf(inner.serialize()), hexOf(inner.body()), inner.counter()],
        hexOf(error.serialize()),
      ]
    },
  ],
  [
    'a PreKeySignalMessage without a one-time prekey and registration id',
    (lib) => {
      const key = keyOf(lib, 1).getPublicKey()
      const inner = lib.SignalMessage._new(4, filled(32, 1), key, 1, 0, bytes(1), key, key, bytes(1))
      const outer = lib.PreKeySignalMessage._new(4, 5, null, 7, key, key, inner)
      const [one, two] = [key.serialize(), inner.serialize()]
      const bare = bytes(0x34, ...longField(2, one), ...longField(3, one), ...longField(4, two), 48, 1)
      return [
        outer.preKeyId(),
        hexOf(outer.serialize()),
        lib.PreKeySignalMessage.deserialize(bare).registrationId(),
      ]
    },
  ],
  [
    'certificates',
    (lib) => {
      const [root, serverKey] = [keyOf(lib, 1), keyOf(lib, 2)]
      const server = lib.ServerCertificate.new(7, serverKey.getPublicKey(), root)
      return [UUID, `PNI:${UUID}`, 'somebody', lib.Aci.fromUuid(UUID)].map((name, i) => {
        const number = i === 0 ? '+1' : null
        const made = lib.SenderCertificate.new(name, number, 3, root.getPublicKey(), 99, server, serverKey)
        const read = lib.SenderCertificate.deserialize(made.serialize())
        return [made, read].map((one) => [
          ...[one.senderUuid(), one.senderE164(), one.senderDeviceId(), one.expiration()],
          ...[one.senderAci()?.getServiceIdString(), hexOf(one.key().serialize()), one.signature().length],
          ...[hexOf(one.serverCertificate().certificateData()), one.serverCertificate().keyId()],
          one.serverCertificate().signature().length,
          ...[99, 100].map((time) => one.validate(root.getPublicKey(), time)),
          one.validateWithTrustRoots([serverKey.getPublicKey(), root.getPublicKey()], 1),
          one.validate(serverKey.getPublicKey(), 1),
        ])
      })
    },
  ],
  [
    'a revoked server certificate',
    (lib) => {
      const [root, serverKey] = [keyOf(lib, 1), keyOf(lib, 2)]
      const server = lib.ServerCertificate.new(0xdeadc357, serverKey.getPublicKey(), root)
      const made = lib.SenderCertificate.new(UUID, null, 3, root.getPublicKey(), 99, server, serverKey)
      return made.validate(root.getPublicKey(), 1)
    },
  ],
  ['a displayed fingerprint', (lib) => fingerprint(lib, 2).displayableFingerprint().toString()],
  [
    'a bundle',
    (lib) => {
      const key = keyOf(lib, 1).getPublicKey()
      const kem = lib.KEMKeyPair.generate().getPublicKey()
      const bundle = lib.PreKeyBundle.new(1, 2, null, null, 5, key, filled(64, 6), key, 7, kem, filled(64, 8))
      return [
        ...[bundle.registrationId(), bundle.deviceId(), bundle.preKeyId(), bundle.preKeyPublic()],
        ...[bundle.signedPreKeyId(), hexOf(bundle.signedPreKeySignature()), bundle.kyberPreKeyId()],
        ...[hexOf(bundle.kyberPreKeySignature()), hexOf(bundle.signedPreKeyPublic().serialize())],
        hexOf(bundle.identityKey().serialize()),
        bundle.kyberPreKeyPublic().serialize().length,
      ]
    },
  ],
  ['a short signature', (lib) => keyOf(lib, 1).getPublicKey().verify(bytes(1), bytes(2))],
]
const longField = (number: number, content: Uint8Array): number[] => [
  number * 8 + 2,
  ...writeUint(content.length),
  ...content,
]
const signedPair = (key: ours.PrivateKey): Uint8Array<ArrayBuffer> =>
  bytes(...longField(2, key.getPublicKey().serialize()), ...longField(3, key.serialize()))

test.each(SAME_VALUES)('both libraries say the same of %s', (_, read) => {
  expect(read(ours)).toEqual(read(official as unknown as typeof ours))
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

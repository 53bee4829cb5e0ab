import * as official from '@signalapp/libsignal-client'
import { describe, expect, test } from 'vitest'
import { encode } from '../../../src/signal/proto/wire.ts'
import * as signal from '../../../src/signal/index.ts'
import { createParty, utf8, type Party } from '../../interop/signal/party.ts'

const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'
const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values)
const filled = (length: number, value = 0): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value)
const key = signal.PrivateKey.generate()
const ZERO_KEY = signal.PublicKey.fromRaw(filled(32))
const kem = signal.KEMKeyPair.generate().getPublicKey()
const print = (version: number) =>
  signal.Fingerprint.new(
    2,
    version,
    bytes(0),
    key.getPublicKey(),
    bytes(1),
    key.getPublicKey()
  ).scannableFingerprint()

type Refusal = readonly [signal.SignalErrorReason, string, string]
const GARBAGE = 'protobuf encoding was invalid'

/** What each part says of what it can't take; code, name and words are compared with the official library elsewhere. */
const REFUSALS: readonly (readonly [string, () => unknown, Refusal])[] = [
  [
    'cipher key',
    () => signal.Aes256GcmSiv.new(bytes()),
    ['invalid-argument', 'invalid key size', 'Aes256GcmSiv_New'],
  ],
  [
    'sealed text',
    () => signal.Aes256GcmSiv.new(filled(32)).decrypt(filled(16), filled(12), bytes()),
    ['undecryptable', 'invalid authentication tag', 'Aes256GcmSiv_Decrypt'],
  ],
  [
    'fingerprint iterations',
    () => signal.Fingerprint.new(1, 1, bytes(0), key.getPublicKey(), bytes(1), key.getPublicKey()),
    ['invalid-argument', 'Invalid fingerprint iterations 1', 'Fingerprint_New'],
  ],
  [
    'fingerprint',
    () => print(1).compare(signal.ScannableFingerprint._fromBuffer(bytes(255))),
    [
      'fingerprint-invalid',
      'fingerprint parsing error: failed to decode their protobuf',
      'ScannableFingerprint_Compare',
    ],
  ],
  [
    'fingerprint version',
    () => print(1).compare(print(2)),
    [
      'fingerprint-version',
      'fingerprint version number mismatch them 2 us 1',
      'ScannableFingerprint_Compare',
    ],
  ],
  [
    'no key',
    () => signal.PublicKey.deserialize(bytes()),
    ['invalid-key', 'no key type identifier', 'PublicKey_Deserialize'],
  ],
  [
    'key type',
    () => signal.PublicKey.deserialize(bytes(10, 5)),
    ['invalid-key', 'bad key type <0x0a>', 'PublicKey_Deserialize'],
  ],
  [
    'key type of two digits',
    () => signal.PublicKey.deserialize(bytes(0x1f, 5)),
    ['invalid-key', 'bad key type <0x1f>', 'PublicKey_Deserialize'],
  ],
  [
    'key length',
    () => signal.PublicKey.deserialize(bytes(5, 1)),
    ['invalid-key', 'bad key length <2> for key with type <Djb>', 'PublicKey_Deserialize'],
  ],
  [
    'private key length',
    () => signal.PrivateKey.deserialize(bytes(1)),
    ['invalid-key', 'bad key length <1> for key with type <Djb>', 'PrivateKey_Deserialize'],
  ],
  ['agreement', () => key.agree(ZERO_KEY), ['invalid-key', 'invalid key agreement', 'ECPrivateKey_Agree']],
  [
    'identity',
    () => signal.IdentityKeyPair.deserialize(bytes(255)),
    ['invalid-record', GARBAGE, 'IdentityKeyPair_Deserialize'],
  ],
  [
    'no KEM key',
    () => signal.KEMPublicKey.deserialize(bytes()),
    ['invalid-key', 'no key type identifier', 'KyberPublicKey_Deserialize'],
  ],
  [
    'KEM key type',
    () => signal.KEMSecretKey.deserialize(bytes(10, 8)),
    ['invalid-key', 'bad KEM key type <0x0a>', 'KyberSecretKey_Deserialize'],
  ],
  [
    'KEM key type of two digits',
    () => signal.KEMSecretKey.deserialize(bytes(0x1f, 8)),
    ['invalid-key', 'bad KEM key type <0x1f>', 'KyberSecretKey_Deserialize'],
  ],
  [
    'KEM key length',
    () => signal.KEMPublicKey.deserialize(bytes(8)),
    ['invalid-key', 'bad KEM key length <1> for key with type <Kyber1024 key>', 'KyberPublicKey_Deserialize'],
  ],
  [
    'old version',
    () => signal.SignalMessage.deserialize(filled(20, 0x24)),
    ['version-too-old', 'ciphertext version was too old <2>', 'SignalMessage_Deserialize'],
  ],
  [
    'new version',
    () => signal.SignalMessage.deserialize(filled(20, 0x54)),
    ['version-unrecognized', 'ciphertext version was unrecognized <5>', 'SignalMessage_Deserialize'],
  ],
  [
    'short message',
    () => signal.SignalMessage.deserialize(filled(8, 0x44)),
    ['invalid-message', 'ciphertext serialized bytes were too short <8>', 'SignalMessage_Deserialize'],
  ],
  [
    'short sender-key message',
    () => signal.SenderKeyMessage.deserialize(filled(64, 0x33)),
    ['invalid-message', 'ciphertext serialized bytes were too short <64>', 'SenderKeyMessage_Deserialize'],
  ],
  [
    'shortest sender-key message',
    () => signal.SenderKeyMessage.deserialize(filled(65, 0x33)),
    ['invalid-message', GARBAGE, 'SenderKeyMessage_Deserialize'],
  ],
  [
    'short distribution',
    () => signal.SenderKeyDistributionMessage.deserialize(filled(64, 0x33)),
    [
      'invalid-message',
      'ciphertext serialized bytes were too short <64>',
      'SenderKeyDistributionMessage_Deserialize',
    ],
  ],
  [
    'shortest distribution',
    () => signal.SenderKeyDistributionMessage.deserialize(filled(65, 0x33)),
    ['invalid-message', GARBAGE, 'SenderKeyDistributionMessage_Deserialize'],
  ],
  [
    'bundle',
    () =>
      signal.PreKeyBundle.new(
        1,
        1,
        5,
        null,
        1,
        key.getPublicKey(),
        bytes(),
        key.getPublicKey(),
        1,
        kem,
        bytes()
      ),
    [
      'invalid-argument',
      'invalid argument: Must supply both or neither of prekey and prekey_id',
      'PreKeyBundle_New',
    ],
  ],
  [
    'count of prekeys',
    () => signal.generatePreKeys(1, -1),
    ['invalid-argument', 'invalid argument: count of prekeys', 'PreKeys_Generate'],
  ],
  [
    'retry of plaintext',
    () => signal.DecryptionErrorMessage.forOriginal(bytes(1), 8, 1, 1),
    [
      'invalid-argument',
      'invalid argument: cannot create a DecryptionErrorMessage for this kind of content; it is not encrypted',
      'DecryptionErrorMessage_ForOriginalMessage',
    ],
  ],
  [
    'plaintext content',
    () => signal.PlaintextContent.deserialize(bytes(7)),
    ['version-unrecognized', 'unrecognized message version <7>', 'PlaintextContent_Deserialize'],
  ],
  [
    'signed prekey record',
    () => signal.SignedPreKeyRecord.deserialize(bytes()),
    ['invalid-record', GARBAGE, 'SignedPreKeyRecord_Deserialize'],
  ],
  [
    'Kyber prekey record',
    () => signal.KyberPreKeyRecord.deserialize(bytes()),
    ['invalid-record', GARBAGE, 'KyberPreKeyRecord_Deserialize'],
  ],
  [
    'address',
    () => signal.ProtocolAddress.new('a', 128),
    ['invalid-address', 'protocol address is invalid: a.128', 'ProtocolAddress_New'],
  ],
]

test.each(REFUSALS)('%s: why it is refused', (_, action, [reason, message, operation]) => {
  expect(action).toThrow(expect.objectContaining({ reason, message, operation }))
})

test('an address that is none is named', () => {
  expect(() => signal.ProtocolAddress.new('a', 0)).toThrow(expect.objectContaining({ addr: 'a.0', code: 5 }))
})

test('codes, directions and changes have the official library’s numbers', () => {
  expect(official.ErrorCode).toMatchObject(signal.ErrorCode)
  expect(official.Direction).toMatchObject(signal.Direction)
  expect(official.IdentityChange).toMatchObject(signal.IdentityChange)
  expect(official.ContentHint).toMatchObject(signal.ContentHint)
  expect(official.CiphertextMessageType).toMatchObject(signal.CiphertextMessageType)
})

test('prekeys count to a hundred, and live by the day', () => {
  const HOUR = 3_600_000
  expect([signal.ONE_TIME_BATCH, signal.ROTATION_INTERVAL, signal.RETENTION]).toEqual([
    100,
    48 * HOUR,
    45 * 24 * HOUR,
  ])
  expect([signal.DEFAULT_MAX_JUMP, signal.PROTOCOL_MAX_JUMP]).toEqual([2000, 25_000])
  expect(signal.generatePreKeys(1, 0)).toEqual([])
  expect(signal.lastResortUse(1, 2, ZERO_KEY)).toBe(`1:2:05${'00'.repeat(32)}`)
  expect(signal.baseKeyReused()).toMatchObject({ reason: 'undecryptable' })
  expect(signal.pureProvider.name).toBe('pure')
})

describe('spec §8: sessions', () => {
  const talking = async (): Promise<readonly [Party, Party]> => {
    const [alice, bob] = [createParty('ours', ALICE), createParty('ours', BOB)]
    await alice.begin(bob)
    await bob.decrypt(alice, await alice.encrypt(bob, utf8('one')))
    await alice.decrypt(bob, await bob.encrypt(alice, utf8('two')))
    return [alice, bob]
  }

  test('why a message is refused', async () => {
    const [alice, bob] = await talking()
    const wire = await alice.encrypt(bob, utf8('x'))
    const spoilt = Uint8Array.from(wire.bytes)
    spoilt[spoilt.length - 1] = (spoilt.at(-1) as number) ^ 1
    const operation = 'SessionCipher_DecryptSignalMessage'
    await expect(bob.decrypt(alice, { type: 2, bytes: spoilt })).rejects.toMatchObject({
      reason: 'undecryptable',
      message: 'invalid Whisper message: decryption failed',
      operation,
    })
    bob.stores.state.trusts = () => false
    await expect(bob.decrypt(alice, wire)).rejects.toMatchObject({
      reason: 'untrusted-identity',
      message: `untrusted identity for address ${ALICE}.1`,
      operation,
      addr: ALICE,
    })
    bob.stores.state.sessions.clear()
    await expect(bob.decrypt(alice, wire)).rejects.toMatchObject({
      reason: 'session-not-found',
      message: `session with ${ALICE}.1 not found: message_decrypt_signal`,
      operation,
    })
  })

  test('why a first message is refused', async () => {
    const [alice, bob] = [createParty('ours', ALICE), createParty('ours', BOB)]
    await alice.begin(bob)
    const wire = await alice.encrypt(bob, utf8('x'))
    const fields = signal.PreKeySignalMessage.deserialize(wire.bytes).fields()
    const operation = 'SessionCipher_DecryptPreKeySignalMessage'
    const refused = async (changed: object, version: number, refusal: object): Promise<void> => {
      const bytes = signal.PreKeySignalMessage.build(version, { ...fields, ...changed }).serialize()
      await expect(bob.decrypt(alice, { type: 3, bytes })).rejects.toMatchObject({ operation, ...refusal })
    }
    await refused({ kyber: null }, 3, {
      reason: 'version-too-old',
      message: 'invalid PreKey message: X3DH no longer supported',
    })
    const base = fields.baseKey.getPublicKeyBytes()
    base[31] = (base[31] as number) | 0x80
    const failure = { reason: 'undecryptable', message: 'invalid PreKey message: decryption failed' }
    await refused({ baseKey: signal.PublicKey.fromRaw(base) }, 4, failure)
    await refused({ identityKey: key.getPublicKey() }, 4, failure)
    await expect(
      bob.decrypt(alice, {
        type: 3,
        bytes: signal.PreKeySignalMessage.build(4, { ...fields, kyber: null }).serialize(),
      })
    ).rejects.toMatchObject({
      reason: 'invalid-message',
      message: GARBAGE,
      operation: 'PreKeySignalMessage_Deserialize',
    })
  })

  test('why a bundle is refused', async () => {
    const [alice, bob] = [createParty('ours', ALICE), createParty('ours', BOB)]
    const bundle = alice.bundle({ ...(await bob.publish()), signedSignature: filled(64) })
    await expect(alice.process(bob, bundle)).rejects.toMatchObject({
      reason: 'invalid-signature',
      message: 'invalid signature detected',
    })
  })

  const RECORD = { current: [1, 'bytes'], format: [100, 'uint32'] } as const
  const broken = (): signal.SessionRecord =>
    signal.SessionRecord.deserialize(encode(RECORD, { current: bytes(255), format: 1 }))

  test.each([
    ['SessionRecord_ArchiveCurrentState', (record: signal.SessionRecord) => record.archiveCurrentState()],
    ['SessionRecord_GetLocalRegistrationId', (record: signal.SessionRecord) => record.localRegistrationId()],
    [
      'SessionRecord_GetRemoteRegistrationId',
      (record: signal.SessionRecord) => record.remoteRegistrationId(),
    ],
    ['SessionRecord_HasUsableSenderChain', (record: signal.SessionRecord) => record.hasCurrentState()],
    [
      'SessionRecord_CurrentRatchetKeyMatches',
      (record: signal.SessionRecord) => record.currentRatchetKeyMatches(ZERO_KEY),
    ],
  ])('a record that can’t be read: %s', (operation, use) => {
    expect(() => use(broken())).toThrow(
      expect.objectContaining({
        reason: 'invalid-session',
        message: 'invalid session: failed to decode session state',
        operation,
      })
    )
  })

  test('a record without a session, and one of a later format', () => {
    const empty = signal.SessionRecord.deserialize(encode(RECORD, { format: 1 }))
    for (const [use, what, operation] of [
      [() => empty.localRegistrationId(), 'local', 'SessionRecord_GetLocalRegistrationId'],
      [() => empty.remoteRegistrationId(), 'remote', 'SessionRecord_GetRemoteRegistrationId'],
    ] as const)
      expect(use).toThrow(
        expect.objectContaining({
          reason: 'session-not-found',
          message: `session not found: ${what}_registration_id`,
          operation,
        })
      )
    for (const format of [2, undefined])
      expect(() => signal.SessionRecord.deserialize(encode(RECORD, { format }))).toThrow(
        expect.objectContaining({ code: 7, reason: 'invalid-session' })
      )
  })
})

describe('spec §10: sealed sender', () => {
  const alice = createParty('ours', ALICE)
  const serverKey = signal.PrivateKey.generate()
  const server = signal.ServerCertificate.new(1, serverKey.getPublicKey(), key)
  const identity = alice.identity.getPublicKey()
  const certificate = signal.SenderCertificate.new(ALICE, null, 1, identity, 1000, server, serverKey)
  const plain = signal.PlaintextContent.from(signal.DecryptionErrorMessage.deserialize(bytes(16, 5)))
  const content = (group: Uint8Array | null) =>
    signal.UnidentifiedSenderMessageContent.new(signal.CiphertextMessage.from(plain), certificate, 1, group)

  test('a recipient whose key is of small order', async () => {
    const to = signal.ProtocolAddress.new(BOB, 1)
    const bob = createParty('ours', BOB)
    await alice.begin(bob)
    await alice.stores.identities.saveIdentity(to, ZERO_KEY)
    const { identities, sessions } = alice.stores
    const refusal = { reason: 'invalid-key', message: 'invalid key agreement' }
    await expect(signal.sealedSenderEncrypt(content(null), to, identities)).rejects.toMatchObject({
      ...refusal,
      operation: 'SealedSender_Encrypt',
    })
    const many = signal.sealedSenderMultiRecipientEncrypt(content(null), [to], identities, sessions)
    await expect(many).rejects.toMatchObject({ ...refusal, operation: 'SealedSender_MultiRecipientEncrypt' })
  })

  test('a certificate holds what its server signed', () => {
    expect(serverKey.getPublicKey().verify(certificate.certificate(), certificate.signature())).toBe(true)
  })

  test('an empty group id is none, and a group id is kept', () => {
    expect(content(bytes()).groupId()).toBeNull()
    const read = signal.UnidentifiedSenderMessageContent.deserialize(content(bytes(0)).serialize())
    expect([read.groupId(), read.contentHint()]).toEqual([bytes(0), 1])
  })

  test('a version 1 message begins with 0x11', async () => {
    const bob = createParty('ours', BOB, 2)
    await alice.begin(bob)
    const sealed = await signal.sealedSenderEncrypt(
      content(null),
      alice.addressOf(bob),
      alice.stores.identities
    )
    expect(sealed[0]).toBe(0x11)
    const { sessions, identities, preKeys, signedPreKeys, kyberPreKeys } = bob.stores
    const open = signal.sealedSenderDecryptMessage(
      sealed,
      identity,
      5,
      null,
      BOB,
      2,
      sessions,
      identities,
      preKeys,
      signedPreKeys,
      kyberPreKeys
    )
    await expect(open).rejects.toMatchObject({
      reason: 'invalid-certificate',
      message: 'invalid sealed sender message: trust root validation failed',
      operation: 'SealedSender_DecryptMessage',
    })
  })
})

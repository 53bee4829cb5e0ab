import * as official from '@signalapp/libsignal-client'
import { describe, expect, test } from 'vitest'
import { hmac } from '../../../src/signal/crypto/kdf.ts'
import { serializeSenderKeyStates, type SenderKeyState } from '../../../src/signal/groups/state.ts'
import { encode } from '../../../src/signal/proto/wire.ts'
import * as signal from '../../../src/signal/index.ts'
import { createParty, utf8, type Party } from '../../interop/signal/party.ts'

const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'
const GROUP = 'd1d1d1d1-7000-11eb-b32a-33b8a8a487a6'
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

describe('spec §9: groups', () => {
  const [alice, bob] = [createParty('ours', 'alice'), createParty('ours', 'bob')]
  const signer = signal.PrivateKey.generate()
  const message = (iteration: number, by = signer): Uint8Array<ArrayBuffer> =>
    signal.SenderKeyMessage._new(3, GROUP, 9, iteration, filled(16), by).serialize()
  const read = (content: Uint8Array) => signal.groupDecrypt(alice.address, bob.stores.senderKeys, content)
  const operation = 'GroupCipher_DecryptMessage'
  /** Takes the sender's chain on by one without making the message. */
  const skipOne = async (sender: Party): Promise<void> => {
    const { senderKeys } = sender.stores
    const record = (await senderKeys.getSenderKey(sender.address, GROUP)) as signal.SenderKeyRecord
    const states = record.states()
    const [state] = states as [SenderKeyState]
    state.chainKey = hmac(state.chainKey, bytes(2))
    state.iteration++
    const next = signal.SenderKeyRecord.deserialize(serializeSenderKeyStates(states))
    await senderKeys.saveSenderKey(sender.address, GROUP, next)
  }

  test('why a message is refused', async () => {
    const missing = {
      reason: 'sender-key-not-found',
      message: `missing sender key state for distribution ID ${GROUP}`,
    }
    await expect(read(message(0))).rejects.toMatchObject({ ...missing, operation })
    const start = signal.SenderKeyDistributionMessage._new(3, GROUP, 9, 5, filled(32), signer.getPublicKey())
    await signal.processSenderKeyDistributionMessage(alice.address, start, bob.stores.senderKeys)
    const refusals: readonly (readonly [Uint8Array, signal.SignalErrorReason, string])[] = [
      [message(4), 'duplicate-message', 'message with old counter'],
      [message(2006), 'too-far-in-the-future', 'message from too far into the future'],
      [message(2005), 'undecryptable', 'decryption failed'],
      [message(5, key), 'undecryptable', 'invalid signature detected'],
    ]
    for (const [content, reason, text] of refusals)
      await expect(read(content)).rejects.toMatchObject({ reason, message: text, operation })
  })

  test('of a jump of 2,500 the newest 2,000 seeds are kept', async () => {
    const { senderKeys } = createParty('ours', 'erin').stores
    const own = createParty('ours', 'frank')
    const start = await signal.SenderKeyDistributionMessage.create(own.address, GROUP, own.stores.senderKeys)
    await signal.processSenderKeyDistributionMessage(own.address, start, senderKeys)
    const made: Uint8Array[] = []
    for (let i = 0; i <= 2500; i++)
      if ([499, 500, 2500].includes(i))
        made.push(
          (await signal.groupEncrypt(own.address, GROUP, own.stores.senderKeys, utf8(`${i}`))).serialize()
        )
      else await skipOne(own)
    const [lost, kept, last] = made as [Uint8Array, Uint8Array, Uint8Array]
    const open = (content: Uint8Array) =>
      signal.groupDecrypt(own.address, senderKeys, content, { limits: { senderKeyJump: 2500 } })
    expect(await open(last)).toEqual(utf8('2500'))
    expect(await open(kept)).toEqual(utf8('500'))
    await expect(open(lost)).rejects.toMatchObject({ reason: 'duplicate-message' })
  })

  test('five chains of a sender are kept, the newest first', async () => {
    const store = createParty('ours', 'carol').stores.senderKeys
    for (let chain = 1; chain <= 6; chain++) {
      const start = signal.SenderKeyDistributionMessage._new(
        3,
        GROUP,
        chain,
        0,
        filled(32),
        signer.getPublicKey()
      )
      await signal.processSenderKeyDistributionMessage(alice.address, start, store)
    }
    const record = (await store.getSenderKey(alice.address, GROUP)) as signal.SenderKeyRecord
    expect(record.states().map((state) => state.chainId)).toEqual([6, 5, 4, 3, 2])
  })

  test('a new chain has an id of 31 bits and begins at 0', async () => {
    const ids = new Set<number>()
    for (let i = 0; i < 40; i++) {
      const { stores, address } = createParty('ours', 'dave')
      const made = await signal.SenderKeyDistributionMessage.create(address, GROUP, stores.senderKeys)
      expect([made.chainId() < 2 ** 31, made.iteration()]).toEqual([true, 0])
      ids.add(Math.floor(made.chainId() / 2 ** 24))
    }
    // All of the 31 bits are used: forty ids with the same seven highest would be a wonder.
    expect(ids.size).toBeGreaterThan(10)
  })
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

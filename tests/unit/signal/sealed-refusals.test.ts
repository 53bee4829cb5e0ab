import { describe, expect, test } from 'vitest'
import * as signal from '../../../src/signal/index.ts'
import { encode } from '../../../src/signal/proto/wire.ts'
import { createParty, createPartyOn, utf8, type Party } from '../../interop/signal/party.ts'

const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'
const ROOT = signal.PrivateKey.generate()
const SERVER_KEY = signal.PrivateKey.generate()
const SERVER = signal.ServerCertificate.new(1, SERVER_KEY.getPublicKey(), ROOT)
const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values)
const zeros = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length)
const ZERO_KEY = bytes(5, ...zeros(32))

const certify = (sender: Party, e164: string | null = null): signal.SenderCertificate =>
  signal.SenderCertificate.new(
    sender.address.name(),
    e164,
    sender.address.deviceId(),
    sender.identity.getPublicKey(),
    1000,
    SERVER,
    SERVER_KEY
  )

const PLAIN = signal.CiphertextMessage.from(
  signal.PlaintextContent.from(signal.DecryptionErrorMessage.deserialize(bytes(16, 5)))
)
const content = (sender: Party, e164: string | null = null): signal.UnidentifiedSenderMessageContent =>
  signal.UnidentifiedSenderMessageContent.new(PLAIN, certify(sender, e164), 0, null)

const open = (receiver: Party, message: Uint8Array<ArrayBuffer>, e164: string | null = null) => {
  const { sessions, identities, preKeys, signedPreKeys, kyberPreKeys } = receiver.stores
  return signal.sealedSenderDecryptMessage(
    message,
    ROOT.getPublicKey(),
    1000,
    e164,
    receiver.address.name(),
    receiver.address.deviceId(),
    sessions,
    identities,
    preKeys,
    signedPreKeys,
    kyberPreKeys
  )
}

const unseal = (receiver: Party, ...message: number[]): Promise<signal.UnidentifiedSenderMessageContent> =>
  signal.sealedSenderDecryptToUsmc(bytes(...message), receiver.stores.identities)

describe('spec §10: sealed messages that are none', () => {
  const [alice, bob] = [createParty('ours', ALICE), createParty('ours', BOB)]

  test('nothing, another version, too short', async () => {
    await expect(unseal(bob)).rejects.toMatchObject({
      reason: 'invalid-message',
      message: 'invalid sealed sender message: Message was empty',
      operation: 'SealedSender_DecryptToUsmc',
    })
    await expect(unseal(bob, 0x33)).rejects.toMatchObject({
      reason: 'version-unrecognized',
      message: 'unknown sealed sender message version 3',
    })
    for (const message of [[0x11], [0x01], [0x22, ...zeros(79)]])
      await expect(unseal(bob, ...message)).rejects.toMatchObject({
        reason: 'invalid-message',
        operation: 'SealedSender_DecryptToUsmc',
      })
  })

  const V1 = { e: [1, 'bytes'], s: [2, 'bytes'], m: [3, 'bytes'] } as const
  const fresh = signal.PrivateKey.generate().getPublicKey().serialize()

  test.each([
    [
      'version 1 with an ephemeral key of small order',
      encode(V1, { e: ZERO_KEY, s: zeros(43), m: zeros(9) }),
    ],
    ['version 1 with a part shorter than its tag', encode(V1, { e: fresh, s: zeros(9), m: zeros(9) })],
  ])('%s', async (_, body) => {
    await expect(unseal(bob, 0x11, ...body)).rejects.toMatchObject({
      reason: 'undecryptable',
      message: 'invalid sealed sender message: failed to decrypt',
    })
  })

  test('version 2 with an ephemeral key of small order', async () => {
    await expect(unseal(bob, 0x22, ...zeros(81))).rejects.toMatchObject({ reason: 'undecryptable' })
  })

  test('a sender whose key is of small order, in both versions', async () => {
    await alice.begin(bob)
    const zeroKey = signal.PublicKey.fromRaw(zeros(32))
    const liar = new signal.IdentityKeyPair(zeroKey, alice.identity)
    const identities = Object.assign(Object.create(alice.stores.identities) as signal.IdentityKeyStore, {
      getIdentityKeyPair: async () => liar,
    })
    const server = signal.SenderCertificate.new(ALICE, null, 1, zeroKey, 1000, SERVER, SERVER_KEY)
    const inner = signal.UnidentifiedSenderMessageContent.new(PLAIN, server, 0, null)
    const to = alice.addressOf(bob)
    const one = await signal.sealedSenderEncrypt(inner, to, identities)
    const many = await signal.sealedSenderMultiRecipientEncrypt(
      inner,
      [to],
      identities,
      alice.stores.sessions
    )
    const two = signal.sealedSenderMultiRecipientMessageForSingleRecipient(many)
    for (const sealed of [one, two])
      await expect(signal.sealedSenderDecryptToUsmc(sealed, bob.stores.identities)).rejects.toMatchObject({
        reason: 'undecryptable',
      })
  })

  test('a content of a kind that isn’t for sessions, and our own number', async () => {
    await alice.begin(bob)
    const { identities } = alice.stores
    const seal = (e164: string | null): Promise<Uint8Array<ArrayBuffer>> =>
      signal.sealedSenderEncrypt(content(alice, e164), alice.addressOf(bob), identities)
    await expect(open(bob, await seal(null))).rejects.toMatchObject({
      reason: 'invalid-message',
      message: 'invalid sealed sender message: unexpected message type',
      operation: 'SealedSender_DecryptMessage',
    })
    await expect(open(bob, await seal('+1'), '+2')).rejects.toMatchObject({ reason: 'invalid-message' })
    await expect(open(bob, await seal('+1'), '+1')).rejects.toMatchObject({
      code: 2,
      reason: 'self-send',
      message: 'self send of a sealed sender message',
      operation: 'SealedSender_DecryptMessage',
    })
  })

  test('a recipient whose identity is unknown', async () => {
    const stranger = signal.ProtocolAddress.new(BOB, 9)
    const sealed = signal.sealedSenderEncrypt(content(alice), stranger, alice.stores.identities)
    await expect(sealed).rejects.toMatchObject({
      reason: 'session-not-found',
      message: `session with ${BOB}.9 not found`,
      operation: 'SealedSender_Encrypt',
      addr: BOB,
    })
  })
})

describe('spec §10.4: many recipients', () => {
  const alice = createParty('ours', ALICE)
  const options = (recipients: signal.ProtocolAddress[]) => ({
    content: content(alice),
    recipients,
    identityStore: alice.stores.identities,
    sessionStore: alice.stores.sessions,
  })

  test('devices of one account with one identity key share an entry', async () => {
    const first = createParty('ours', BOB, 1)
    const kept = { identity: first.identity.serialize(), registrationId: 0x3fff }
    const second = createPartyOn('ours', signal, BOB, 127, undefined, kept)
    for (const device of [first, second]) await alice.begin(device)
    const sent = await signal.sealedSenderMultiRecipientEncrypt(
      options([first, second].map((device) => alice.addressOf(device)))
    )
    const parsed = new signal.SealedSenderMultiRecipientMessage(sent)
    const [delivery, ...others] = parsed.deliveries()
    expect([delivery?.serviceId, delivery?.devices, others]).toEqual([
      BOB,
      [
        { deviceId: 1, registrationId: first.registrationId },
        { deviceId: 127, registrationId: 0x3fff },
      ],
      [],
    ])
    for (const device of [first, second]) {
      const opened = await signal.sealedSenderDecryptToUsmc(
        (delivery as signal.Delivery).message,
        device.stores.identities
      )
      expect(opened.msgType()).toBe(8)
    }
    expect(() => parsed.messageForRecipient({ deviceIds: [1], registrationIds: [1] })).toThrow(
      new TypeError('not a recipient of this message')
    )
    expect(signal.sealedSenderMultiRecipientMessageForSingleRecipient(sent)).toEqual(delivery?.message)
  })

  test('a name that is no service id, a session that is missing, a registration id that is too long', async () => {
    const nameless = createParty('ours', 'bob')
    await alice.begin(nameless)
    const encrypt = (address: signal.ProtocolAddress, sessions: signal.SessionStore) =>
      signal.sealedSenderMultiRecipientEncrypt({ ...options([address]), sessionStore: sessions })
    const operation = 'SealedSender_MultiRecipientEncrypt'
    await expect(encrypt(alice.addressOf(nameless), alice.stores.sessions)).rejects.toMatchObject({
      reason: 'invalid-argument',
      message: 'invalid recipient',
      operation,
      addr: 'bob',
    })
    const empty = Object.assign(Object.create(alice.stores.sessions) as signal.SessionStore, {
      getExistingSessions: async () => [],
    })
    await expect(encrypt(signal.ProtocolAddress.new(BOB, 3), empty)).rejects.toMatchObject({
      reason: 'session-not-found',
      operation,
      addr: BOB,
    })
    const kept = { identity: signal.PrivateKey.generate().serialize(), registrationId: 0x4000 }
    const long = createPartyOn('ours', signal, BOB, 5, undefined, kept)
    await alice.begin(long)
    await expect(encrypt(alice.addressOf(long), alice.stores.sessions)).rejects.toMatchObject({
      code: 4,
      reason: 'invalid-registration-id',
      message: `session for ${BOB}.5 has invalid registration ID 0x4000`,
      operation,
      addr: `${BOB}.5`,
    })
  })
})

describe('spec §10.4: sent messages that are none', () => {
  const id = (kind: number, byte: number): number[] => [kind, ...zeros(15), byte]
  const share = zeros(48)
  const end = zeros(32)
  const parse = (...message: (number | Iterable<number>)[]) =>
    new signal.SealedSenderMultiRecipientMessage(
      Uint8Array.from(message.flatMap((part) => (typeof part === 'number' ? [part] : [...part])))
    )

  test('one that is right', () => {
    const device = [1, 0x80, 5, 127, 0x3f, 0xff]
    const parsed = parse(0x23, 2, id(0, 1), device, share, id(1, 2), 0, end, 7)
    expect(parsed.recipientsByServiceIdString()).toEqual({
      '00000000-0000-0000-0000-000000000001': { deviceIds: [1, 127], registrationIds: [5, 0x3fff] },
    })
    expect(parsed.excludedRecipientServiceIdStrings()).toEqual(['PNI:00000000-0000-0000-0000-000000000002'])
    expect(parsed.deliveries()[0]?.message).toEqual(bytes(0x22, ...share, ...end, 7))
  })

  test.each([
    ['nothing', []],
    ['without a count', [0x23]],
    ['a kind of id that is none', [0x23, 1, ...id(2, 1), 0, ...end]],
    ['an id cut short', [0x23, 1, ...zeros(16)]],
    ['device 0 after another', [0x23, 1, ...id(0, 1), 1, 0x80, 5, 0, ...share, ...end]],
    ['device 128', [0x23, 1, ...id(0, 1), 128, 0, 5, ...share, ...end]],
    ['a device twice', [0x23, 1, ...id(0, 1), 1, 0x80, 5, 1, 0, 5, ...share, ...end]],
    ['devices that never end', [0x23, 1, ...id(0, 1), 1, 0x80, 5]],
    [
      'a recipient that is left out as well',
      [0x23, 2, ...id(0, 1), 1, 0, 5, ...share, ...id(0, 1), 0, ...end],
    ],
    ['an ephemeral key cut short', [0x23, 1, ...id(0, 1), 0, ...zeros(31)]],
  ])('%s', (_, message) => {
    expect(() => parse(message)).toThrow(
      expect.objectContaining({
        reason: 'invalid-message',
        message: 'invalid sealed sender message: malformed',
        operation: 'SealedSender_MultiRecipientParseSentMessage',
      })
    )
  })

  test('10,000 recipients are not too many, 10,001 are', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => [...id(0, i >> 8), 0]).flat()
    expect(parse(0x23, 0x90, 0x4e, many, end).excludedRecipientServiceIdStrings()).toHaveLength(10_000)
    expect(() => parse(0x23, 0x91, 0x4e, many, ...id(0, 1), 0, end)).toThrow('malformed')
  })

  test('another version', () => {
    expect(() => parse(0x33)).toThrow(
      expect.objectContaining({
        reason: 'version-unrecognized',
        message: 'unknown sealed sender message version 3',
      })
    )
  })

  test('more or fewer than one recipient, where there must be one', () => {
    const { sealedSenderMultiRecipientMessageForSingleRecipient: single } = signal
    const entry = [...id(0, 1), 1, 0, 5, ...share]
    expect(single(bytes(0x23, 1, ...entry, ...end))).toHaveLength(81)
    for (const message of [
      [0x23, 0, ...end],
      [0x23, 2, ...entry, ...entry, ...end],
    ])
      expect(() => single(bytes(...message))).toThrow(
        expect.objectContaining({
          reason: 'invalid-message',
          message: 'invalid argument: only one recipient is allowed',
          operation: 'SealedSender_MultiRecipientEncrypt',
        })
      )
  })
})

describe('spec §10.1: certificates that are none', () => {
  const SIGNED = { certificate: [1, 'bytes'], signature: [2, 'bytes'] } as const
  const SENDER = {
    device: [2, 'uint32'],
    expires: [3, 'fixed64'],
    key: [4, 'bytes'],
    signer: [5, 'bytes'],
    name: [6, 'string'],
    uuid: [7, 'bytes'],
    signerId: [8, 'uint32'],
  } as const
  const all = {
    device: 1,
    expires: 5,
    key: ROOT.getPublicKey().serialize(),
    signer: SERVER.serialize(),
    uuid: zeros(16),
  }
  const parse = (fields: Partial<typeof all> & { name?: string; signerId?: number }) =>
    signal.SenderCertificate.deserialize(
      encode(SIGNED, { certificate: encode(SENDER, fields), signature: zeros(64) })
    )
  const without = (name: keyof typeof all) => ({ ...all, [name]: undefined })

  test('one that is whole', () => {
    expect(parse(all).senderUuid()).toBe('00000000-0000-0000-0000-000000000000')
    expect(parse({ ...without('uuid'), name: 'x' }).senderUuid()).toBe('x')
    expect(parse({ ...all, name: 'x' }).senderUuid()).toBe('x')
  })

  test.each([
    ['no device', without('device')],
    ['no expiration', without('expires')],
    ['no key', without('key')],
    ['no signer', without('signer')],
    ['a signer known by its id only', { ...without('signer'), signerId: 3 }],
    ['no name', without('uuid')],
    ['a short uuid', { ...all, uuid: zeros(15) }],
  ])('%s', (_, fields) => {
    expect(() => parse(fields)).toThrow(
      expect.objectContaining({ reason: 'invalid-message', operation: 'SenderCertificate_Deserialize' })
    )
  })

  test('no session with the sender of a message that needs one', async () => {
    const [alice, bob] = [createParty('ours', ALICE), createParty('ours', BOB)]
    await alice.begin(bob)
    await bob.decrypt(alice, await alice.encrypt(bob, utf8('x')))
    await alice.decrypt(bob, await bob.encrypt(alice, utf8('y')))
    const { sessions, identities } = alice.stores
    const seal = () =>
      signal.sealedSenderEncryptMessage(utf8('z'), alice.addressOf(bob), certify(alice), sessions, identities)
    expect((await open(bob, await seal())).message()).toEqual(utf8('z'))
    bob.stores.state.sessions.clear()
    await expect(open(bob, await seal())).rejects.toMatchObject({ reason: 'session-not-found' })
  })
})

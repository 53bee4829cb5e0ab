import { describe, expect, test } from 'vitest'
import { EMPTY_LIST } from '../../../src/signal/proto/packed.ts'
import { encode, message } from '../../../src/signal/proto/wire.ts'
import * as signal from '../../../src/signal/index.ts'

const UUID = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values)
const zeros = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length)
const refusal = (reason: signal.SignalErrorReason, text: string, operation: string): object =>
  expect.objectContaining({ reason, message: text, operation }) as object

describe('spec §1.6: service ids that are none', () => {
  const { Aci, Pni, ServiceId } = signal
  const operation = 'ServiceId_ParseFromUuid'

  test.each([
    ['an ACI of a text', () => Aci.fromUuid('x')],
    ['a PNI of a text', () => Pni.fromUuid(`${UUID}0`)],
    ['an ACI of 15 bytes', () => Aci.fromUuidBytes(zeros(15))],
    ['a PNI of 17 bytes', () => Pni.fromUuidBytes(zeros(17))],
  ])('%s', (_, make) => {
    expect(make).toThrow(refusal('invalid-argument', 'invalid argument: invalid Uuid', operation))
  })

  test.each([zeros(16), zeros(18), bytes(2, ...zeros(16))])('the fixed width of %j', (fixed) => {
    expect(() => ServiceId.parseFromServiceIdFixedWidthBinary(fixed)).toThrow(
      refusal(
        'invalid-argument',
        'invalid argument: invalid Service-Id-Fixed-Width-Binary',
        'ServiceId_ParseFromServiceIdFixedWidthBinary'
      )
    )
  })

  test('upper case is read, lower case is written', () => {
    const id = ServiceId.parseFromServiceIdString(UUID.toUpperCase())
    expect([id.getServiceIdString(), id.getRawUuidBytes()[0]]).toEqual([UUID, 0x9d])
    expect([
      Aci.fromUuid(UUID).getServiceIdBinary().length,
      Pni.fromUuid(UUID).getServiceIdBinary().length,
    ]).toEqual([16, 17])
  })
})

describe('spec §9: sender keys', () => {
  const signer = signal.PrivateKey.generate()

  test('a distribution id that is no UUID', () => {
    const { SenderKeyMessage, SenderKeyDistributionMessage } = signal
    const text = 'invalid argument: not a UUID'
    expect(() => SenderKeyMessage._new(3, 'x', 1, 2, bytes(1), signer)).toThrow(
      refusal('invalid-argument', text, 'SenderKeyMessage_New')
    )
    expect(() => SenderKeyDistributionMessage._new(3, 'x', 1, 2, zeros(32), signer.getPublicKey())).toThrow(
      refusal('invalid-argument', text, 'SenderKeyDistributionMessage_New')
    )
  })

  test('a message is signed by its signer', () => {
    const made = signal.SenderKeyMessage._new(3, UUID, 1, 2, bytes(1), signer)
    const read = signal.SenderKeyMessage.deserialize(made.serialize())
    expect([read.distributionId(), read.chainId(), read.iteration(), read.ciphertext()]).toEqual([
      UUID,
      1,
      2,
      bytes(1),
    ])
    expect(read.verifySignature(signer.getPublicKey())).toBe(true)
    expect(read.verifySignature(signal.PrivateKey.generate().getPublicKey())).toBe(false)
  })

  const STATE = {
    chainId: [1, 'uint32'],
    iteration: [2, 'uint32'],
    chainKey: [3, 'bytes'],
    signingPublic: [4, 'bytes'],
    signingPrivate: [5, 'bytes'],
    old: [6, 'message[]'],
    skipped: [7, 'bytes'],
  } as const
  const SKIPPED = { iteration: [1, 'uint32'], seed: [2, 'bytes'] } as const
  const RECORD = { states: [1, 'message[]'], version: [100, 'uint32'] } as const
  const whole = { chainId: 1, iteration: 2, chainKey: zeros(32), signingPublic: bytes(5, ...zeros(32)) }
  const record = (state: Parameters<typeof message<typeof STATE>>[1], version = 2): Uint8Array =>
    encode(RECORD, { states: [message(STATE, state)], version })
  const old = (fields: Parameters<typeof message<typeof SKIPPED>>[1]) => ({
    ...whole,
    old: [message(SKIPPED, fields)],
  })

  test('records that are right, of this version and the one before', () => {
    for (const state of [whole, { ...whole, signingPrivate: zeros(32), skipped: zeros(72) }])
      expect(signal.SenderKeyRecord.deserialize(record(state)).states()).toHaveLength(1)
    const [first] = signal.SenderKeyRecord.deserialize(
      record(old({ iteration: 1, seed: zeros(32).fill(7) }), 1)
    ).states()
    expect(first?.skipped).toEqual(bytes(0, 0, 0, 1, ...zeros(32).fill(7)))
    expect(signal.SenderKeyRecord.deserialize(record(whole)).states()[0]?.skipped).toEqual(EMPTY_LIST)
  })

  test.each([
    ['a later version', record(whole, 3)],
    ['no version', encode(RECORD, { states: [message(STATE, whole)] })],
    ['no chain id', record({ ...whole, chainId: undefined })],
    ['no iteration', record({ ...whole, iteration: undefined })],
    ['a short chain key', record({ ...whole, chainKey: zeros(31) })],
    ['a signing key of another type', record({ ...whole, signingPublic: bytes(6, ...zeros(32)) })],
    ['a long signing key', record({ ...whole, signingPublic: bytes(5, ...zeros(33)) })],
    ['a short private signing key', record({ ...whole, signingPrivate: zeros(31) })],
    ['a list that isn’t whole', record({ ...whole, skipped: zeros(35) })],
    ['an old entry without iteration', record(old({ seed: zeros(32) }), 1)],
    ['an old entry with a short seed', record(old({ iteration: 1, seed: zeros(31) }), 1)],
  ])('a record with %s', (_, stored) => {
    expect(() => signal.SenderKeyRecord.deserialize(stored)).toThrow(
      refusal('invalid-record', 'protobuf encoding was invalid', 'SenderKeyRecord_Deserialize')
    )
  })
})

test('spec §12: a retry body without a retry message', () => {
  for (const body of [bytes(0x80), bytes(0x80, 0, 0), bytes(255, 0x80)])
    expect(() => signal.DecryptionErrorMessage.extractFromSerializedBody(body)).toThrow(
      refusal(
        'invalid-message',
        'protobuf encoding was invalid',
        'DecryptionErrorMessage_ExtractFromSerializedContent'
      )
    )
  const padded = bytes(0x42, 4, 16, 5, 24, 9, 0x80, 0, 0)
  expect(signal.DecryptionErrorMessage.extractFromSerializedBody(padded).deviceId()).toBe(9)
})

test('spec §16: records of a later version are left alone', () => {
  const key = signal.PrivateKey.generate()
  const later = bytes(...signal.PreKeyRecord.new(1, key.getPublicKey(), key).serialize(), 0xa0, 0x06, 2)
  expect(() => signal.PreKeyRecord.deserialize(later)).toThrow(
    refusal('invalid-record', 'protobuf encoding was invalid', 'PreKeyRecord_Deserialize')
  )
})

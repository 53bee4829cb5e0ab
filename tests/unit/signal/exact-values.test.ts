import { describe, expect, test } from 'vitest'
import { equalBytes } from '../../../src/signal/bytes.ts'
import { xeddsaSign, xeddsaVerify } from '../../../src/signal/crypto/xeddsa.ts'
import * as signal from '../../../src/signal/index.ts'
import { append, EMPTY_LIST, keepNewest } from '../../../src/signal/proto/packed.ts'
import { decode, encode } from '../../../src/signal/proto/wire.ts'
import { initialAuthenticator } from '../../../src/signal/spqr/authenticator.ts'
import { startSpqr, wipeSpqr } from '../../../src/signal/spqr/spqr.ts'
import type { BraidState } from '../../../src/signal/spqr/states.ts'
import { saveSession } from '../../../src/signal/session/storage.ts'
import type { SessionState } from '../../../src/signal/session/state.ts'
import { createParty } from '../../interop/signal/party.ts'

const GROUP = 'd1d1d1d1-7000-11eb-b32a-33b8a8a487a6'
const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values)
const filled = (length: number, value = 0): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value)

/** What `use` gives when every random bit is 1. */
const withOnes = async <T>(use: () => T | Promise<T>): Promise<T> => {
  const { crypto } = globalThis
  const own = Object.getOwnPropertyDescriptor(crypto, 'getRandomValues')
  Object.defineProperty(crypto, 'getRandomValues', {
    configurable: true,
    value: (out: Uint8Array) => out.fill(0xff),
  })
  try {
    return await use()
  } finally {
    if (own) Object.defineProperty(crypto, 'getRandomValues', own)
    else Reflect.deleteProperty(crypto, 'getRandomValues')
  }
}

test('bytes that differ in the first or the last place only are not equal', () => {
  const differing = [bytes(9, 2, 3), bytes(1, 2, 9)].map((other) => equalBytes(bytes(1, 2, 3), other))
  expect([...differing, equalBytes(bytes(1, 2, 3), bytes(1, 2, 3))]).toEqual([false, false, true])
})

describe('spec §1.3: XEdDSA', () => {
  test('the key 0 has an Edwards form of either sign', () => {
    // R = B and s = 1: valid for a key of order two whenever the hash is even.
    const base = bytes(0x58, ...filled(31, 0x66))
    const valid = (sign: number): boolean[] =>
      Array.from({ length: 16 }, (_, i) =>
        xeddsaVerify(filled(32), bytes(i), bytes(...base, 1, ...filled(30), sign))
      )
    for (const sign of [0, 0x80]) expect(new Set(valid(sign))).toEqual(new Set([true, false]))
  })

  test('a signature takes 64 random bytes', async () => {
    const key = signal.PrivateKey.generate()
    const expected = xeddsaSign(key.serialize(), bytes(1), filled(64, 0xff))
    expect(await withOnes(() => key.sign(bytes(1)))).toEqual(expected)
  })
})

describe('ids that are drawn at random', () => {
  test('prekeys: 1 to 2^24 − 1; registration: 1 to 16,380', async () => {
    expect(await withOnes(signal.randomPreKeyId)).toBe((0xffffffff % 0xffffff) + 1)
    expect(await withOnes(signal.randomRegistrationId)).toBe((0xffffffff % 16_380) + 1)
  })

  test('spec §9: the highest id of a chain is 2^31 − 1', async () => {
    const { address, stores } = createParty('ours', 'alice')
    const { SenderKeyDistributionMessage: Distribution } = signal
    const made = await withOnes(() => Distribution.create(address, GROUP, stores.senderKeys))
    expect(made.chainId()).toBe(2 ** 31 - 1)
  })
})

describe('formats', () => {
  test('the shortest message that is long enough isn’t one', () => {
    expect(() => signal.SignalMessage.deserialize(filled(9, 0x44))).toThrow(
      expect.objectContaining({ message: 'protobuf encoding was invalid' })
    )
  })

  test('a message without a braid message has an empty one', () => {
    const key = signal.PrivateKey.generate().getPublicKey()
    const { SignalMessage } = signal
    const made = SignalMessage._new(4, filled(32), key, 0, 0, bytes(1), key, key, bytes())
    expect(SignalMessage.deserialize(made.serialize()).pqRatchet()).toEqual(bytes())
  })

  test('the seed of a Kyber prekey is field 101 of its record', () => {
    const pair = signal.KEMKeyPair.generate()
    const record = signal.KyberPreKeyRecord.new(1, 2, pair, filled(64))
    const stored = decode({ seed: [101, 'bytes'] }, record.serialize())
    expect(stored?.seed).toEqual(pair.getSecretKey().raw().seed)
    expect(stored?.seed).toHaveLength(64)
  })

  test('spec §10.1: the id of a signer is field 8 of a certificate, and a number', () => {
    const root = signal.PrivateKey.generate()
    const key = root.getPublicKey()
    const server = signal.ServerCertificate.new(1, key, root)
    const certificate = (signerId: Uint8Array | undefined): Uint8Array =>
      encode(
        {
          senderDevice: [2, 'uint32'],
          expires: [3, 'fixed64'],
          identityKey: [4, 'bytes'],
          signer: [5, 'bytes'],
          senderUuidString: [6, 'string'],
          signerId: [8, 'bytes'],
        },
        {
          senderDevice: 1,
          expires: 1,
          identityKey: key.serialize(),
          signer: server.serialize(),
          senderUuidString: GROUP,
          signerId,
        }
      )
    const parse = (content: Uint8Array): signal.SenderCertificate =>
      signal.SenderCertificate.deserialize(
        encode(
          { certificate: [1, 'bytes'], signature: [2, 'bytes'] },
          { certificate: content, signature: filled(64) }
        )
      )
    expect(parse(certificate(undefined)).senderUuid()).toBe(GROUP)
    expect(() => parse(certificate(bytes(1)))).toThrow(
      expect.objectContaining({ reason: 'invalid-message', operation: 'SenderCertificate_Deserialize' })
    )
  })

  test('a session is stored in format 1, its chunks in field 2', () => {
    const pair = { publicKey: bytes(1), privateKey: bytes(2) }
    const spqr = startSpqr(filled(32), false)
    const chunks = append(EMPTY_LIST, [{ index: 0, data: filled(32) }])
    spqr.braid = { ...spqr.braid, rx: { length: 96, chunks } } as BraidState
    const state: SessionState = {
      version: 4,
      localIdentity: bytes(1),
      remoteIdentity: bytes(2),
      localRegistrationId: 1,
      remoteRegistrationId: 2,
      aliceBaseKey: bytes(3),
      rootKey: bytes(4),
      previousCounter: 3,
      sending: { pair, key: bytes(5), index: 0 },
      receiving: [],
      pending: null,
      spqr,
    }
    const stored = decode({ spqr: [12, 'bytes', 'required'], format: [100, 'uint32'] }, saveSession(state))
    expect(stored?.format).toBe(1)
    const inner = decode({ braid: [1, 'bytes', 'required'] }, stored?.spqr as Uint8Array)
    const braid = decode({ rx: [11, 'bytes', 'required'] }, inner?.braid as Uint8Array)
    expect(decode({ chunks: [2, 'bytes'] }, braid?.rx as Uint8Array)?.chunks).toEqual(chunks)
  })
})

describe('spec §15: what is let go is wiped', () => {
  test('a list’s oldest entry from its first byte on', () => {
    const list = append(EMPTY_LIST, [
      { index: 0xffffffff, data: filled(32, 7) },
      { index: 1, data: filled(32, 8) },
    ])
    keepNewest(list, 1)
    expect(list.subarray(0, 36)).toEqual(filled(36))
  })

  test('the secret of a ciphertext that is being sent', () => {
    const message = filled(32, 7)
    const braid = {
      tag: 'Ct1Acknowledged',
      epoch: 1,
      auth: initialAuthenticator(filled(32)),
      header: filled(64),
      message,
      ct1: filled(960),
      rx: { length: 1152, chunks: EMPTY_LIST },
    } satisfies BraidState
    wipeSpqr({ ...startSpqr(filled(32), false), braid })
    expect(message).toEqual(filled(32))
  })
})

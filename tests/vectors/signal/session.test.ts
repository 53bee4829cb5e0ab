import { describe, expect, test } from 'vitest'
import {
  CiphertextMessageType,
  Fingerprint,
  PrivateKey,
  PublicKey,
  SenderKeyDistributionMessage,
  SignalMessage,
} from '../../../src/signal/index.ts'
import { cbcEncrypt } from '../../../src/signal/crypto/ciphers.ts'
import { hkdfSha256, hmac } from '../../../src/signal/crypto/kdf.ts'
import { deriveMessageKeys, deriveRoot, stepChain } from '../../../src/signal/ratchet/kdf.ts'
import { derivePqxdh } from '../../../src/signal/session/pqxdh.ts'
import { createStores, libraries } from '../../interop/signal/party.ts'
import { hex, toHex, vectors } from './load.ts'

const agree = (pair: { priv: string }, other: { pub: string }): Uint8Array<ArrayBuffer> =>
  PrivateKey.deserialize(hex(pair.priv)).agree(PublicKey.deserialize(hex(other.pub)))

describe('spec §3.1: PQXDH', () => {
  const v = vectors.pqxdh
  const agreements = () => [
    agree(v.ik_alice, v.spk_bob),
    agree(v.base_alice, v.ik_bob),
    agree(v.base_alice, v.spk_bob),
    agree(v.base_alice, v.opk_bob),
  ]

  test('the four agreements and the three keys', () => {
    const dh = agreements()
    expect(dh.map(toHex)).toEqual(v.dh)
    const keys = derivePqxdh(dh, hex(v.kem_shared_secret))
    expect([toHex(keys.rootKey), toHex(keys.chainKey), toHex(keys.pqKey)]).toEqual([
      v.root_key,
      v.chain_key,
      v.pqr_key,
    ])
    expect(dh.every((secret) => secret.every((byte) => byte === 0))).toBe(true)
  })

  test('spec §3.2: the initiator’s first ratchet step', () => {
    const { root, chain } = deriveRoot(hex(v.root_key), agree(v.ratchet_alice, v.spk_bob))
    expect([toHex(root), toHex(chain)]).toEqual([
      v.alice_after_first_ratchet.root_key,
      v.alice_after_first_ratchet.sending_chain_key,
    ])
  })
})

describe('spec §4.2: message keys', () => {
  const v = vectors.message_keys

  test('chain step', () => {
    const { seed, next } = stepChain(hex(v.chain_key))
    expect([toHex(seed), toHex(next)]).toEqual([v.seed, v.next_chain_key])
  })

  test.each([
    ['without a salt', null, v.no_salt],
    ['with the SPQR key as salt', v.salt, v.with_salt],
  ])('%s', (_, salt, expected) => {
    const keys = deriveMessageKeys(hex(v.seed), salt === null ? null : hex(salt))
    expect([toHex(keys.cipher), toHex(keys.mac), toHex(keys.iv)]).toEqual([
      expected.cipher,
      expected.mac,
      expected.iv,
    ])
  })
})

test('spec §6: the bytes of a SignalMessage', () => {
  const v = vectors.signal_message
  const sender = PublicKey.deserialize(hex(v.sender_identity))
  const receiver = PublicKey.deserialize(hex(v.receiver_identity))
  const message = SignalMessage._new(
    4,
    hex(v.mac),
    PublicKey.deserialize(hex(v.ratchet)),
    v.counter,
    v.previous_counter,
    cbcEncrypt(hex(v.cipher), hex(v.iv), hex(v.plaintext)),
    sender,
    receiver,
    hex(v.pq_ratchet)
  )
  expect(toHex(message.serialize())).toBe(v.bytes_from_libsignal)
  const parsed = SignalMessage.deserialize(hex(v.bytes_from_libsignal))
  expect(parsed.verifyMac(hex(v.mac), sender, receiver)).toBe(true)
  expect(parsed.verifyMac(hex(v.mac), receiver, sender)).toBe(false)
  expect(toHex(parsed.pqRatchet())).toBe(v.pq_ratchet)
})

test('spec §9: sender keys', () => {
  const v = vectors.sender_key
  const seed = hmac(hex(v.chain_key_0), Uint8Array.of(1))
  const keys = hkdfSha256(null, seed, new TextEncoder().encode('WhisperGroup'), 48)
  expect([toHex(keys.subarray(0, 16)), toHex(keys.subarray(16))]).toEqual([v.iv_0, v.cipher_key_0])
  expect(toHex(hmac(hex(v.chain_key_0), Uint8Array.of(2)))).toBe(v.chain_key_1)
  const ciphertext = cbcEncrypt(hex(v.cipher_key_0), hex(v.iv_0), new TextEncoder().encode('hello'))
  expect(toHex(ciphertext)).toBe(v.ciphertext_of_hello)
  const id = 'd1d1d1d1-7000-11eb-b32a-33b8a8a487a6'
  const key = PublicKey.deserialize(hex(v.signing.pub))
  const distribution = SenderKeyDistributionMessage._new(3, id, v.chain_id, 0, hex(v.chain_key_0), key)
  expect(toHex(distribution.serialize())).toBe(v.skdm)
})

test('spec §11: fingerprint', () => {
  const v = vectors.fingerprint
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const [local, remote] = [PublicKey.deserialize(hex(v.local_key)), PublicKey.deserialize(hex(v.remote_key))]
  const print = Fingerprint.new(v.iterations, v.version, bytes(v.local_id), local, bytes(v.remote_id), remote)
  expect(print.displayableFingerprint().toString()).toBe(v.digits)
  expect(toHex(print.scannableFingerprint().toBuffer())).toBe(v.scannable)
})

describe('spec §3.3, §7 and §8.4: a transcript of the official library', () => {
  const v = vectors.transcript_libsignal_alice
  const orders = [
    [0, 1, 2, 3, 4, 5],
    [5, 4, 3, 2, 1, 0],
    [3, 0, 5, 1, 4, 2],
  ]

  test.each(orders.map((order) => [order.join(), order] as const))('in the order %s', async (_, order) => {
    const lib = libraries.ours
    const stores = createStores(
      lib,
      lib.PrivateKey.deserialize(hex(v.bob.identity.priv)),
      v.bob.registration_id
    )
    const { one_time_prekey: oneTime, signed_prekey: signed, kyber_prekey: kyber } = v.bob
    const pair = (key: { priv: string }): [PublicKey, PrivateKey] => {
      const secret = PrivateKey.deserialize(hex(key.priv))
      return [secret.getPublicKey(), secret]
    }
    await stores.preKeys.savePreKey(oneTime.id, lib.PreKeyRecord.new(oneTime.id, ...pair(oneTime)))
    await stores.signedPreKeys.saveSignedPreKey(
      signed.id,
      lib.SignedPreKeyRecord.new(signed.id, 0, ...pair(signed), hex(signed.sig))
    )
    const tagged = (bytes: string): Uint8Array => Uint8Array.of(8, ...hex(bytes))
    const whole = (bytes: string, length: number): Uint8Array =>
      hex(bytes).length === length ? tagged(bytes) : hex(bytes)
    const kem = lib.KEMKeyPair.fromKeys(
      lib.KEMPublicKey.deserialize(whole(kyber.public, 1568)),
      lib.KEMSecretKey.deserialize(whole(kyber.secret, 3168))
    )
    await stores.kyberPreKeys.saveKyberPreKey(
      kyber.id,
      lib.KyberPreKeyRecord.new(kyber.id, 0, kem, hex(kyber.sig))
    )
    const address = (text: string) => {
      const at = text.lastIndexOf('.')
      return lib.ProtocolAddress.new(text.slice(0, at), Number(text.slice(at + 1)))
    }
    for (const index of order) {
      const message = v.messages[index] as { type: number; body: string; plaintext: string }
      expect(message.type).toBe(CiphertextMessageType.PreKey)
      const plaintext = await lib.signalDecryptPreKey(
        lib.PreKeySignalMessage.deserialize(hex(message.body)),
        address(v.alice.address),
        address(v.bob.address),
        stores.sessions,
        stores.identities,
        stores.preKeys,
        stores.signedPreKeys,
        stores.kyberPreKeys
      )
      expect(new TextDecoder().decode(plaintext)).toBe(message.plaintext)
    }
  })
})

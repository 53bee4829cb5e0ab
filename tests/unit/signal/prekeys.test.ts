import { expect, test } from 'vitest'
import {
  baseKeyReused,
  expiredIds,
  generateKyberPreKeys,
  generatePreKeys,
  generateSignedPreKey,
  IdentityKeyPair,
  isRotationDue,
  lastResortUse,
  nextPreKeyId,
  ONE_TIME_BATCH,
  PrivateKey,
  randomPreKeyId,
  randomRegistrationId,
  RETENTION,
  ROTATION_INTERVAL,
} from '../../../src/signal/index.ts'

const identity = IdentityKeyPair.generate()

test('a batch has 100 keys with ids in a row, past the last id as well', () => {
  const keys = generatePreKeys(0xffffff - 1)
  expect(keys).toHaveLength(ONE_TIME_BATCH)
  expect(keys.slice(0, 4).map((key) => key.id())).toEqual([0xfffffe, 0xffffff, 1, 2])
  expect(keys.every((key) => key.privateKey().getPublicKey().equals(key.publicKey()))).toBe(true)
  expect(nextPreKeyId(0)).toBe(1)
  expect(() => generatePreKeys(1, -1)).toThrow()
})

test('signed and Kyber prekeys carry the identity’s signature', () => {
  const signed = generateSignedPreKey(identity, 7, 1000)
  expect(identity.publicKey.verify(signed.publicKey().serialize(), signed.signature())).toBe(true)
  expect([signed.id(), signed.timestamp()]).toEqual([7, 1000])
  const kyber = generateKyberPreKeys(identity, 3, 2000, 2)
  expect(kyber.map((key) => key.id())).toEqual([3, 4])
  for (const key of kyber)
    expect(identity.publicKey.verify(key.publicKey().serialize(), key.signature())).toBe(true)
})

test('rotation and retention', () => {
  expect(isRotationDue([], 0)).toBe(true)
  expect(isRotationDue([{ id: 1, createdAt: 0 }], ROTATION_INTERVAL - 1)).toBe(false)
  expect(isRotationDue([{ id: 1, createdAt: 0 }], ROTATION_INTERVAL)).toBe(true)
  const keys = [
    { id: 1, createdAt: 0 },
    { id: 2, createdAt: 100 },
    { id: 3, createdAt: 200 },
  ]
  expect(expiredIds(keys, 100 + RETENTION - 1)).toEqual([])
  expect(expiredIds(keys, 100 + RETENTION)).toEqual([1])
  expect(expiredIds(keys, 10 * RETENTION)).toEqual([2, 1])
})

test('uses of a last-resort key are told apart', () => {
  const [one, two] = [PrivateKey.generate().getPublicKey(), PrivateKey.generate().getPublicKey()]
  const uses = [
    lastResortUse(1, 1, one),
    lastResortUse(1, 2, one),
    lastResortUse(2, 1, one),
    lastResortUse(1, 1, two),
  ]
  expect(new Set(uses).size).toBe(4)
  expect(lastResortUse(1, 1, one)).toBe(uses[0])
  expect(baseKeyReused().message).toContain('reused base key')
})

test('random ids are in their ranges', () => {
  for (let i = 0; i < 200; i++) {
    expect(randomPreKeyId()).toBeGreaterThanOrEqual(1)
    expect(randomPreKeyId()).toBeLessThanOrEqual(0xffffff)
    expect(randomRegistrationId()).toBeGreaterThanOrEqual(1)
    expect(randomRegistrationId()).toBeLessThanOrEqual(16380)
  }
})

import { sha256 } from '@noble/hashes/sha2.js'
import { sha3_256, shake256 } from '@noble/hashes/sha3.js'
import { describe, expect, test } from 'vitest'
import { concat } from '../../../src/signal/bytes.ts'
import { clamp } from '../../../src/signal/crypto/curve.ts'
import { kyberDecapsulate, kyberGenerate } from '../../../src/signal/crypto/kyber.ts'
import { Aes256GcmSiv, createWebCryptoProvider } from '../../../src/signal/index.ts'
import {
  decapsulate,
  encapsulateFirst,
  encapsulateSecond,
  generateKemKeys,
} from '../../../src/signal/spqr/kem.ts'
import { hex, toHex } from './load.ts'
import vectors from './public.json' with { type: 'json' }

// Vectors that others have published; public.json says where each is from.
const bytes = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(base64, 'base64'))
const digest = (...parts: Uint8Array[]): string => toHex(sha256(concat(...parts)))
const of = <T extends { readonly set: string }>(list: readonly T[], set: string): T[] =>
  list.filter((item) => item.set === set)

describe('FIPS 203 (NIST ACVP), ML-KEM-768 in parts', () => {
  test.each(of(vectors.keyGen, 'ML-KEM-768'))(
    'key generation, tcId $tcId',
    ({ d, z, ekSha256, dkSha256 }) => {
      const { header, ek, dk } = generateKemKeys(hex(d + z))
      expect([digest(ek, header.subarray(0, 32)), digest(dk)]).toEqual([ekSha256, dkSha256])
      expect(toHex(header.subarray(32))).toBe(toHex(sha3_256(concat(ek, header.subarray(0, 32)))))
    }
  )

  test.each(vectors.encapsulation)('encapsulation, tcId $tcId', ({ ek, m, cSha256, k }) => {
    const key = bytes(ek)
    const header = concat(key.subarray(1152), sha3_256(key))
    const { ct1, secret } = encapsulateFirst(header, hex(m))
    const ct2 = encapsulateSecond(header, key.subarray(0, 1152), hex(m))
    expect([digest(ct1, ct2), toHex(secret)]).toEqual([cSha256, k])
  })

  test.each(of(vectors.decapsulation, 'ML-KEM-768'))('decapsulation, tcId $tcId, $reason', ({ dk, c, k }) => {
    expect(toHex(decapsulate(bytes(dk), bytes(c).subarray(0, 960), bytes(c).subarray(960)))).toBe(k)
  })
})

describe('FIPS 203 (NIST ACVP), ML-KEM-1024 below Kyber', () => {
  test.each(of(vectors.keyGen, 'ML-KEM-1024'))(
    'key generation, tcId $tcId',
    ({ d, z, ekSha256, dkSha256 }) => {
      const { publicKey, secretKey } = kyberGenerate(hex(d + z))
      expect([digest(publicKey), digest(secretKey)]).toEqual([ekSha256, dkSha256])
    }
  )

  // spec §1.5: what Kyber makes of FIPS 203's secret.
  test.each(of(vectors.decapsulation, 'ML-KEM-1024'))(
    'decapsulation, tcId $tcId, $reason',
    ({ dk, c, k }) => {
      const expected = shake256(concat(hex(k), sha3_256(bytes(c))), { dkLen: 32 })
      expect(toHex(kyberDecapsulate(bytes(dk), bytes(c)) as Uint8Array)).toBe(toHex(expected))
    }
  )
})

test.each(vectors.kyberRound3)('Kyber-1024 of round 3, known answer $count', ({ sk, ct, ss }) => {
  expect(toHex(kyberDecapsulate(bytes(sk), bytes(ct)) as Uint8Array)).toBe(ss)
})

test('RFC 7748 §5.2: a thousand times in a row, by the platform', async () => {
  const { agree } = createWebCryptoProvider(globalThis.crypto.subtle)
  let [k, u] = [hex(`09${'00'.repeat(31)}`), hex(`09${'00'.repeat(31)}`)]
  for (let i = 0; i < 1000; i++) [k, u] = [(await agree(clamp(k), u)) as Uint8Array<ArrayBuffer>, k]
  expect(toHex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51')
})

// RFC 8452, appendix C.2: text, associated data, result. Key 01 00…, nonce 03 00….
const SIV: readonly (readonly [string, string, string])[] = [
  ['', '', '07f5f4169bbf55a8400cd47ea6fd400f'],
  ['0100000000000000', '', 'c2ef328e5c71c83b843122130f7364b761e0b97427e3df28'],
  ['010000000000000000000000', '', '9aab2aeb3faa0a34aea8e2b18ca50da9ae6559e48fd10f6e5c9ca17e'],
  [
    '01000000000000000000000000000000',
    '',
    '85a01b63025ba19b7fd3ddfc033b3e76c9eac6fa700942702e90862383c6c366',
  ],
  ['0200000000000000', '01', '1de22967237a813291213f267e3b452f02d01ae33e4ec854'],
]

test.each(SIV)('RFC 8452 appendix C.2: %s with %s', (text, data, result) => {
  const cipher = Aes256GcmSiv.new(hex(`01${'00'.repeat(31)}`))
  const nonce = hex(`03${'00'.repeat(11)}`)
  expect(toHex(cipher.encrypt(hex(text), nonce, hex(data)))).toBe(result)
  expect(toHex(cipher.decrypt(hex(result), nonce, hex(data)))).toBe(text)
})

import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, test } from 'vitest'
import { clamp, publicFromPrivate, x25519Agree } from '../../../src/signal/crypto/curve.ts'
import { hkdfSha256 } from '../../../src/signal/crypto/kdf.ts'
import { kyberDecapsulate, kyberEncapsulate, kyberGenerate } from '../../../src/signal/crypto/kyber.ts'
import { pureProvider } from '../../../src/signal/crypto/pure.ts'
import { kemOf, type KemOperations } from '../../../src/signal/crypto/web-kem.ts'
import { createWebCryptoProvider } from '../../../src/signal/crypto/web-crypto.ts'
import { xeddsaSign, xeddsaVerify } from '../../../src/signal/crypto/xeddsa.ts'
import {
  Aes256GcmSiv,
  createAutoProvider,
  PrivateKey,
  PublicKey,
  type Encapsulated,
} from '../../../src/signal/index.ts'
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { hex, seed, toHex, vectors } from './load.ts'

const { subtle } = globalThis.crypto
const kem = (await kemOf(subtle)) as KemOperations
const providers = [
  pureProvider,
  { ...createWebCryptoProvider(subtle), ...kem },
  { ...createAutoProvider(subtle), name: 'chosen' },
  { ...createAutoProvider(undefined), name: 'without WebCrypto' },
]

describe('spec §1.3: XEdDSA', () => {
  describe.each([
    ['one sign bit', vectors.xeddsa],
    ['the other sign bit', vectors.xeddsa_other_sign],
  ])('%s', (_, vector) => {
    test('signs as the vector does', () => {
      expect(toHex(xeddsaSign(hex(vector.priv), hex(vector.msg), hex(vector.z)))).toBe(vector.sig)
      expect(toHex(PrivateKey.deserialize(hex(vector.priv)).getPublicKey().serialize())).toBe(vector.pub)
    })

    test.each(providers.map((provider) => [provider.name, provider] as const))(
      'verifies it (%s)',
      async (_, provider) => {
        const [key, message, signature] = [hex(vector.pub).subarray(1), hex(vector.msg), hex(vector.sig)]
        expect(await provider.verify(key, message, signature)).toBe(true)
        for (const at of [0, 31, 32, 62, 63]) {
          const bad = Uint8Array.from(signature)
          bad[at] = (bad[at] as number) ^ 0x80
          expect(await provider.verify(key, message, bad)).toBe(false)
        }
        expect(await provider.verify(key, message, signature.subarray(1))).toBe(false)
        expect(PublicKey.deserialize(hex(vector.pub)).verify(message, signature)).toBe(true)
      }
    )
  })
})

describe('spec §1.3: checks of a platform that are stricter change nothing', () => {
  const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
  const key = PrivateKey.generate()
  const u = key.getPublicKey().getPublicKeyBytes()
  const message = new Uint8Array(40).fill(3)
  const signature = key.sign(message)
  const sign = (signature[63] as number) & 0x80

  const withScalar = (change: (scalar: bigint) => bigint): Uint8Array => {
    const bytes = Uint8Array.from(signature)
    const scalar = bytesToNumberLE(bytes.subarray(32)) & (2n ** 255n - 1n)
    bytes.set(numberToBytesLE(change(scalar), 32), 32)
    bytes[63] = (bytes[63] as number) | sign
    return bytes
  }

  test.each(providers.map((provider) => [provider.name, provider] as const))(
    'a scalar of the group order or more is taken below 2^253, none beyond (%s)',
    async (_, provider) => {
      expect(
        await provider.verify(
          u,
          message,
          withScalar((scalar) => scalar)
        )
      ).toBe(true)
      expect(
        await provider.verify(
          u,
          message,
          withScalar((scalar) => scalar + ORDER)
        )
      ).toBe(true)
      expect(
        await provider.verify(
          u,
          message,
          withScalar((scalar) => scalar + 2n * ORDER)
        )
      ).toBe(false)
    }
  )

  test.each(providers.map((provider) => [provider.name, provider] as const))(
    'keys and nonces of small order get the same answer as in JavaScript (%s)',
    async (_, provider) => {
      const nothing = new Uint8Array(64)
      const neutral = Uint8Array.of(1, ...new Uint8Array(63))
      for (const point of [
        new Uint8Array(32),
        Uint8Array.of(1, ...new Uint8Array(31)),
        new Uint8Array(32).fill(0xff),
      ])
        for (const candidate of [nothing, neutral, signature])
          expect(await provider.verify(point, message, candidate)).toBe(
            xeddsaVerify(point, message, candidate)
          )
    }
  )
})

describe('spec §1.2: X25519', () => {
  const { a, b, shared } = vectors.x25519

  test.each(providers.map((provider) => [provider.name, provider] as const))(
    'agreement (%s)',
    async (_, provider) => {
      expect(toHex((await provider.agree(hex(a.priv), hex(b.pub).subarray(1))) as Uint8Array)).toBe(shared)
      expect(toHex((await provider.agree(hex(b.priv), hex(a.pub).subarray(1))) as Uint8Array)).toBe(shared)
      expect(await provider.agree(hex(a.priv), new Uint8Array(32))).toBeNull()
      expect(await provider.ratchet(hex(a.priv), new Uint8Array(32))).toBeNull()
    }
  )

  test.each(providers.map((provider) => [provider.name, provider] as const))(
    'a ratchet step (%s)',
    async (_, provider) => {
      const step = await provider.ratchet(hex(a.priv), hex(b.pub).subarray(1))
      expect(toHex(step?.received as Uint8Array)).toBe(shared)
      const pair = step?.pair as { privateKey: Uint8Array; publicKey: Uint8Array }
      expect(toHex(publicFromPrivate(pair.privateKey))).toBe(toHex(pair.publicKey))
      expect(toHex(x25519Agree(pair.privateKey, hex(b.pub).subarray(1)) as Uint8Array)).toBe(
        toHex(step?.sent as Uint8Array)
      )
    }
  )

  test.each(providers.map((provider) => [provider.name, provider] as const))(
    'RFC 7748 §6.1 and §5.2 (%s)',
    async (_, provider) => {
      const bob = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')
      const alice = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
      expect(toHex((await provider.agree(clamp(bob), alice)) as Uint8Array)).toBe(
        '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'
      )
      const scalar = hex('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d')
      const u = hex('e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493')
      expect(toHex((await provider.agree(clamp(scalar), u)) as Uint8Array)).toBe(
        '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957'
      )
    }
  )

  test('RFC 7748 §5.2, the first vector and the iterated one', () => {
    const scalar = hex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4')
    const u = hex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c')
    const result = 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552'
    expect(toHex(x25519Agree(clamp(scalar), u) as Uint8Array)).toBe(result)
    const nine = hex(`09${'00'.repeat(31)}`)
    const once = '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079'
    expect(toHex(publicFromPrivate(clamp(nine)))).toBe(once)
  })
})

describe('spec §1.4: RFC 5869 and RFC 8452', () => {
  test('HKDF, test case 1', () => {
    const out = hkdfSha256(
      hex('000102030405060708090a0b0c'),
      hex('0b'.repeat(22)),
      hex('f0f1f2f3f4f5f6f7f8f9'),
      42
    )
    expect(toHex(out)).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'
    )
  })

  test('HKDF, test cases 2 and 3', () => {
    const range = (from: number, length: number): Uint8Array =>
      Uint8Array.from({ length }, (_, i) => from + i)
    expect(toHex(hkdfSha256(range(0x60, 80), range(0, 80), range(0xb0, 80), 82))).toBe(
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09' +
        'da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87'
    )
    const none = new Uint8Array(0)
    const expected = '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'
    expect(toHex(hkdfSha256(none, hex('0b'.repeat(22)), none, 42))).toBe(expected)
    expect(toHex(hkdfSha256(null, hex('0b'.repeat(22)), none, 42))).toBe(expected)
    expect(hkdfSha256(null, none, none, 8160)).toHaveLength(8160)
    expect(() => hkdfSha256(null, none, none, 8161)).toThrow(RangeError)
  })

  test('AES-256-GCM-SIV, a text with and without associated data (appendix C.2)', () => {
    const cipher = Aes256GcmSiv.new(hex(`01${'00'.repeat(31)}`))
    const nonce = hex(`03${'00'.repeat(11)}`)
    expect(toHex(cipher.encrypt(hex('0100000000000000'), nonce, new Uint8Array(0)))).toBe(
      'c2ef328e5c71c83b843122130f7364b761e0b97427e3df28'
    )
    expect(toHex(cipher.encrypt(hex('0200000000000000'), nonce, hex('01')))).toBe(
      '1de22967237a813291213f267e3b452f02d01ae33e4ec854'
    )
  })

  test('AES-256-GCM-SIV, the empty text of appendix C.2', () => {
    const cipher = Aes256GcmSiv.new(hex(`01${'00'.repeat(31)}`))
    const nonce = hex(`03${'00'.repeat(11)}`)
    const none = new Uint8Array(0)
    expect(toHex(cipher.encrypt(none, nonce, none))).toBe('07f5f4169bbf55a8400cd47ea6fd400f')
    expect(cipher.decrypt(hex('07f5f4169bbf55a8400cd47ea6fd400f'), nonce, none)).toHaveLength(0)
    expect(() => cipher.decrypt(hex('17f5f4169bbf55a8400cd47ea6fd400f'), nonce, none)).toThrow()
    expect(() => Aes256GcmSiv.new(none)).toThrow()
  })
})

describe('spec §1.5: Kyber-1024 round 3', () => {
  const vector = vectors.kyber1024
  const pair = kyberGenerate(hex(vector.keygen_seed_d_z_fips203))
  const m0 = hex(vector.m)

  test('key, ciphertext and secret', () => {
    expect(toHex(sha256(pair.publicKey))).toBe(vector.pk_sha256)
    const { ciphertext, secret } = kyberEncapsulate(pair.publicKey, m0) as Encapsulated
    expect([toHex(sha256(ciphertext)), toHex(secret)]).toEqual([vector.ct_sha256, vector.shared_secret])
    expect(toHex(kyberDecapsulate(pair.secretKey, ciphertext) as Uint8Array)).toBe(vector.shared_secret)
    expect(toHex(ml_kem1024.decapsulate(ciphertext, pair.secretKey))).toBe(
      vector.fips_shared_secret_of_same_ct
    )
  })

  test.each(providers.map((provider) => [provider.name, provider] as const))(
    'the same secret whoever works (%s)',
    async (_, provider) => {
      const secret = { key: pair.secretKey, seed: hex(vector.keygen_seed_d_z_fips203) }
      const made = (await provider.encapsulate(pair.publicKey)) as Encapsulated
      for (const other of providers)
        for (const seed of [secret.seed, undefined])
          expect(toHex((await other.decapsulate({ ...secret, seed }, made.ciphertext)) as Uint8Array)).toBe(
            toHex(made.secret)
          )
      const { ciphertext } = kyberEncapsulate(pair.publicKey, m0) as Encapsulated
      const opened = (await provider.decapsulate(secret, ciphertext)) as Uint8Array
      expect(toHex(opened)).toBe(vector.shared_secret)
      const foreign = seed('noise', 1568)
      expect(toHex((await provider.decapsulate(secret, foreign)) as Uint8Array)).toBe(
        toHex(kyberDecapsulate(pair.secretKey, foreign) as Uint8Array)
      )
    }
  )

  test.each(providers.map((provider) => [provider.name, provider] as const))(
    'malformed keys are refused (%s)',
    async (_, provider) => {
      expect(await provider.encapsulate(new Uint8Array(1568).fill(0xff))).toBeNull()
      const key = new Uint8Array(3168)
      expect(await provider.decapsulate({ key, seed: undefined }, new Uint8Array(1568))).toBeNull()
    }
  )

  test('a foreign ciphertext gives another secret', () => {
    const other = kyberDecapsulate(pair.secretKey, seed('noise', 1568))
    expect(other).toHaveLength(32)
    expect(toHex(other as Uint8Array)).not.toBe(vector.shared_secret)
  })
})

test('spec §1.2: private keys are clamped on load', () => {
  expect(toHex(clamp(new Uint8Array(32).fill(0xff)))).toBe(`f8${'ff'.repeat(30)}7f`)
})

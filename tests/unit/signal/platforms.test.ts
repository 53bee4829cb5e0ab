import { expect, test } from 'vitest'
import { xeddsaVerify } from '../../../src/signal/crypto/xeddsa.ts'
import {
  createAutoProvider,
  createWebCryptoProvider,
  PrivateKey,
  pureProvider,
} from '../../../src/signal/index.ts'

const { subtle } = globalThis.crypto
const key = PrivateKey.generate()
const remote = PrivateKey.generate().getPublicKey()
const agreement = key.agree(remote)

/** This platform's WebCrypto with some of its algorithms gone or its answers others. */
const platform = (changes: Partial<SubtleCrypto>, missing: readonly string[] = []): SubtleCrypto => {
  const all = {
    importKey: (
      format: 'raw',
      data: BufferSource,
      name: string,
      isExtractable: boolean,
      usages: KeyUsage[]
    ) =>
      missing.includes(name)
        ? Promise.reject(new DOMException('unknown', 'NotSupportedError'))
        : subtle.importKey(format, data, name, isExtractable, usages),
    deriveBits: subtle.deriveBits.bind(subtle),
    verify: subtle.verify.bind(subtle),
    ...changes,
  }
  return all as unknown as SubtleCrypto
}

test('a platform without X25519 and ML-KEM gets the answers of JavaScript', async () => {
  const provider = createAutoProvider(platform({}, ['X25519', 'ML-KEM-1024', 'Ed25519']))
  expect(provider.name).toBe('auto')
  expect(await provider.agree(key.serialize(), remote.getPublicKeyBytes())).toEqual(agreement)
  const pair = await provider.generate()
  expect(PrivateKey.deserialize(pair.privateKey).getPublicKey().getPublicKeyBytes()).toEqual(pair.publicKey)
})

test('a platform without Ed25519 has signatures checked in JavaScript', async () => {
  const provider = createWebCryptoProvider(platform({}, ['Ed25519']))
  const message = Uint8Array.of(1, 2, 3)
  const signature = key.sign(message)
  const publicKey = key.getPublicKey().getPublicKeyBytes()
  expect(provider.name).toBe('webcrypto')
  expect(await provider.verify(publicKey, message, signature)).toBe(true)
  expect(await provider.verify(publicKey, message.subarray(1), signature)).toBe(false)
})

test('a platform that gives an all-zero agreement instead of an error is not believed', async () => {
  const provider = createWebCryptoProvider(platform({ deriveBits: async () => new ArrayBuffer(32) }))
  expect(await provider.agree(key.serialize(), remote.getPublicKeyBytes())).toBeNull()
})

test('a platform never keeps or gives out the private keys that it is lent', async () => {
  const lent: Uint8Array[] = []
  const provider = createWebCryptoProvider(
    platform({
      importKey: (async (...args: Parameters<SubtleCrypto['importKey']>) => {
        const [format, data, , isExtractable] = args
        if ((format as string) === 'pkcs8') {
          lent.push(data as unknown as Uint8Array)
          expect(isExtractable).toBe(false)
        }
        return subtle.importKey(...args)
      }) as SubtleCrypto['importKey'],
    })
  )
  await provider.agree(key.serialize(), remote.getPublicKeyBytes())
  expect(lent).toEqual([new Uint8Array(48)])
})

test('spec §1.3: what has no Edwards form verifies nothing', async () => {
  const message = Uint8Array.of(1)
  const minusOne = Uint8Array.of(0xec, ...Array<number>(30).fill(0xff), 0x7f)
  const onTwist = Uint8Array.of(2, ...new Uint8Array(31))
  for (const u of [minusOne, onTwist]) {
    expect(xeddsaVerify(u, message, new Uint8Array(64))).toBe(false)
    expect(await pureProvider.verify(u, message, new Uint8Array(64))).toBe(false)
  }
})

import { expect, test } from 'vitest'
import { createAutoProvider, PrivateKey } from '../../../src/signal/index.ts'

type Call = readonly [string, ...unknown[]]

/** A platform that has everything, does nothing and remembers what it was asked. */
const createPlatform = () => {
  const calls: Call[] = []
  const answer =
    (name: string, value: unknown) =>
    (...args: unknown[]): Promise<unknown> => {
      calls.push([name, ...args.map((arg) => (arg instanceof Uint8Array ? Uint8Array.from(arg) : arg))])
      return Promise.resolve(value)
    }
  const subtle = {
    importKey: answer('importKey', 'key'),
    deriveBits: answer('deriveBits', new Uint8Array(32).fill(8).buffer),
    verify: answer('verify', true),
    encapsulateBits: answer('encapsulateBits', {
      ciphertext: new ArrayBuffer(1568),
      sharedKey: new ArrayBuffer(32),
    }),
    decapsulateBits: answer('decapsulateBits', new ArrayBuffer(32)),
  }
  return { calls, provider: createAutoProvider(subtle as unknown as SubtleCrypto) }
}

const key = PrivateKey.generate()
const u = PrivateKey.generate().getPublicKey().getPublicKeyBytes()
// RFC 8410, §7: version 0, X25519 and a key of 32 bytes.
const wrapped = (secret: Uint8Array): Uint8Array =>
  Uint8Array.of(...Buffer.from('302e020100300506032b656e04220420', 'hex'), ...secret)
const NINE = Uint8Array.of(9, ...new Uint8Array(31))

test('a platform is asked once what it has, then for what it is needed', async () => {
  const { calls, provider } = createPlatform()
  expect(await provider.agree(key.serialize(), u)).toEqual(new Uint8Array(32).fill(8))
  expect(calls).toEqual([
    ['importKey', 'pkcs8', wrapped(NINE), 'X25519', false, ['deriveBits']],
    ['importKey', 'raw-seed', new Uint8Array(64), 'ML-KEM-1024', false, ['decapsulateBits']],
    ['importKey', 'pkcs8', wrapped(key.serialize()), 'X25519', false, ['deriveBits']],
    ['importKey', 'raw', u, 'X25519', true, []],
    ['deriveBits', { name: 'X25519', public: 'key' }, 'key', 256],
  ])
  calls.length = 0
  const pair = await provider.generate()
  expect(pair.publicKey).toEqual(new Uint8Array(32).fill(8))
  expect(calls[1]).toEqual(['importKey', 'raw', NINE, 'X25519', true, []])
})

test('signatures', async () => {
  const { calls, provider } = createPlatform()
  const message = Uint8Array.of(1)
  const signature = key.sign(message)
  expect(await provider.verify(u, message, signature)).toBe(true)
  const [key25519, verified] = calls.slice(2)
  expect(key25519).toEqual(['importKey', 'raw', expect.any(Uint8Array), 'Ed25519', false, ['verify']])
  expect(verified?.slice(0, 3)).toEqual(['verify', 'Ed25519', 'key'])
})

test('Kyber', async () => {
  const { calls, provider } = createPlatform()
  const publicKey = new Uint8Array(1568).fill(3)
  const made = await provider.encapsulate(publicKey)
  expect([made?.ciphertext.length, made?.secret.length]).toEqual([1568, 32])
  const [seed, ciphertext] = [new Uint8Array(64).fill(1), new Uint8Array(1568).fill(2)]
  await provider.decapsulate({ key: new Uint8Array(3168), seed }, ciphertext)
  expect(calls.slice(2)).toEqual([
    ['importKey', 'raw-public', publicKey, 'ML-KEM-1024', false, ['encapsulateBits']],
    ['encapsulateBits', 'ML-KEM-1024', 'key'],
    ['importKey', 'raw-seed', seed, 'ML-KEM-1024', false, ['decapsulateBits']],
    ['decapsulateBits', 'ML-KEM-1024', 'key', ciphertext],
  ])
})

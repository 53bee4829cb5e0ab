import { describe, expect, test } from 'vitest'
import { cbcEncrypt } from '../../../src/signal/crypto/ciphers.ts'
import { hkdfSha256, hmac } from '../../../src/signal/crypto/kdf.ts'
import { refused, skip, talking } from './hostile.ts'
import { asText, createParty, utf8, type LibraryName } from './party.ts'

// The protocol's limits themselves, each with all the work that it allows: slow, so in a file of their own.
const GROUP = 'd1d1d1d1-7000-11eb-b32a-33b8a8a487a6'
const LIMITS = { limits: { senderKeyJump: 25_000 } }
const CHAIN_ID = 9
const PAIRS: readonly (readonly [LibraryName, LibraryName])[] = [
  ['ours', 'official'],
  ['official', 'ours'],
  ['ours', 'ours'],
]

/** The seed of a chain's message number `iteration` (spec §9). */
const seedAt = (chainKey: Uint8Array, iteration: number): Uint8Array => {
  let key = chainKey
  for (let i = 0; i < iteration; i++) key = hmac(key, Uint8Array.of(2))
  return hmac(key, Uint8Array.of(1))
}

describe.each(PAIRS)('spec §17: limits, %s to %s', (from, to) => {
  test('24,999 skipped messages are fine, 25,000 are too many', async () => {
    const [alice, bob] = await talking(from, to)
    await bob.decrypt(alice, await alice.encrypt(bob, utf8('new chain')))
    await skip(alice, bob, 24_999)
    const late = await alice.encrypt(bob, utf8('late'))
    const tooLate = await alice.encrypt(bob, utf8('too late'))
    await refused(bob, alice, tooLate, { code: 0 })
    expect(asText(await bob.decrypt(alice, late))).toBe('late')
  }, 180_000)

  test('spec §9: in a group 25,000 ahead works, 25,001 doesn’t', async () => {
    const [alice, bob] = [createParty(from, 'sender'), createParty(to, 'receiver')]
    const signer = alice.lib.PrivateKey.generate()
    const chainKey = new Uint8Array(32).fill(7)
    const { SenderKeyDistributionMessage, SenderKeyMessage } = alice.lib
    const start = SenderKeyDistributionMessage._new(3, GROUP, CHAIN_ID, 0, chainKey, signer.getPublicKey())
    const { lib, stores } = bob
    const sender = bob.addressOf(alice)
    const copy = lib.SenderKeyDistributionMessage.deserialize(start.serialize())
    await lib.processSenderKeyDistributionMessage(sender, copy, stores.senderKeys)
    const read = (iteration: number): Promise<Uint8Array> => {
      const keys = hkdfSha256(null, seedAt(chainKey, iteration), utf8('WhisperGroup'), 48)
      const ciphertext = cbcEncrypt(keys.subarray(16), keys.subarray(0, 16), utf8('far'))
      const message = SenderKeyMessage._new(3, GROUP, CHAIN_ID, iteration, ciphertext, signer)
      return lib.groupDecrypt(sender, stores.senderKeys, message.serialize(), LIMITS)
    }
    const before = stores.state.senderKeys.get(`sender.1 ${GROUP}`)
    await expect(read(25_001)).rejects.toMatchObject({ code: 0 })
    expect(stores.state.senderKeys.get(`sender.1 ${GROUP}`)).toEqual(before)
    expect(asText(await read(25_000))).toBe('far')
  }, 60_000)
})

import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import * as signal from '../../../src/signal/index.ts'
import { createParty, utf8 } from '../../interop/signal/party.ts'

const GROUP = 'd1d1d1d1-7000-11eb-b32a-33b8a8a487a6'

const printed = (value: object): string =>
  [inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value), value.toString.call(value)].join(
    '\n'
  )

const everySecret = async (): Promise<readonly (readonly [string, object, Uint8Array])[]> => {
  const [alice, bob] = [createParty('ours', 'alice'), createParty('ours', 'bob')]
  await alice.begin(bob)
  await alice.encrypt(bob, utf8('x'))
  const key = signal.PrivateKey.generate()
  const kem = signal.KEMKeyPair.generate()
  const session = (await alice.stores.sessions.getSession(alice.addressOf(bob))) as signal.SessionRecord
  const distribution = await signal.SenderKeyDistributionMessage.create(
    alice.address,
    GROUP,
    alice.stores.senderKeys
  )
  const senderKey = (await alice.stores.senderKeys.getSenderKey(
    alice.address,
    GROUP
  )) as signal.SenderKeyRecord
  const pair = new signal.IdentityKeyPair(key.getPublicKey(), key)
  return [
    ['PrivateKey', key, key.serialize()],
    ['IdentityKeyPair', pair, key.serialize()],
    ['PreKeyRecord', signal.PreKeyRecord.new(1, key.getPublicKey(), key), key.serialize()],
    ['SignedPreKeyRecord', signal.generateSignedPreKey(pair, 1, 0), key.serialize()],
    ['KEMSecretKey', kem.getSecretKey(), kem.getSecretKey().serialize()],
    ['KEMKeyPair', kem, kem.getSecretKey().serialize()],
    ['SessionRecord', session, session.serialize()],
    ['SenderKeyRecord', senderKey, senderKey.serialize()],
    ['SenderKeyDistributionMessage', distribution, distribution.chainKey()],
    ['Aes256GcmSiv', signal.Aes256GcmSiv.new(key.serialize()), key.serialize()],
  ]
}

test('no secret is in what prints: inspect, JSON, text', async () => {
  for (const [name, value, secret] of await everySecret()) {
    const text = printed(value)
    const bytes = [...secret.subarray(8, 16)]
    for (const form of [bytes.join(','), bytes.join(', '), Buffer.from(bytes).toString('hex')])
      expect(text.includes(form), name).toBe(false)
    expect(
      Object.values({ ...value }).some((field) => field instanceof Uint8Array),
      name
    ).toBe(false)
  }
})

import { describe, expect, test } from 'vitest'
import * as signal from '../../../src/signal/index.ts'
import {
  asText,
  createParty,
  createPartyOn,
  utf8,
  type Party,
  type Wire,
} from '../../interop/signal/party.ts'
import { currentState } from '../../interop/signal/hostile.ts'

const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'
const ZERO_KEY = signal.PublicKey.fromRaw(new Uint8Array(32))

const talking = async (options?: signal.SignalOptions): Promise<readonly [Party, Party]> => {
  const [alice, bob] = [createParty('ours', ALICE, 1, options), createParty('ours', BOB, 1, options)]
  await alice.begin(bob)
  await bob.decrypt(alice, await alice.encrypt(bob, utf8('one')))
  await alice.decrypt(bob, await bob.encrypt(alice, utf8('two')))
  return [alice, bob]
}

const recordOf = async (party: Party, peer: Party): Promise<signal.SessionRecord> =>
  (await party.stores.sessions.getSession(party.addressOf(peer))) as signal.SessionRecord

const saveRecord = (party: Party, peer: Party, record: signal.SessionRecord): Promise<void> =>
  party.stores.sessions.saveSession(party.addressOf(peer), record)

/** A message of a session, forged: its MAC is nobody's. */
const forgery = (version: number, ratchetKey: signal.PublicKey, counter: number): Wire => {
  const key = new Uint8Array(32)
  const { SignalMessage } = signal
  const pq = Uint8Array.of(1, 1, 1, 0)
  const message = SignalMessage._new(version, key, ratchetKey, counter, 0, key, ratchetKey, ratchetKey, pq)
  return { type: 2, bytes: message.serialize() }
}

describe('spec §8.3: a message that no session can read', () => {
  test('a ratchet key of small order', async () => {
    const [alice, bob] = await talking()
    await expect(bob.decrypt(alice, forgery(4, ZERO_KEY, 0))).rejects.toMatchObject({
      reason: 'undecryptable',
      operation: 'SessionCipher_DecryptSignalMessage',
    })
  })

  test('a new chain that begins too far ahead', async () => {
    const [alice, bob] = await talking()
    const ratchetKey = signal.PrivateKey.generate().getPublicKey()
    await expect(bob.decrypt(alice, forgery(4, ratchetKey, 2001))).rejects.toMatchObject({
      reason: 'too-far-in-the-future',
    })
    await expect(bob.decrypt(alice, forgery(4, ratchetKey, 2000))).rejects.toMatchObject({
      reason: 'undecryptable',
    })
  })

  test('a version that the session hasn’t', async () => {
    const [alice, bob] = await talking()
    const ratchetKey = signal.PublicKey.fromRaw(currentState(alice, bob).sending.pair.publicKey)
    await expect(bob.decrypt(alice, forgery(3, ratchetKey, 1))).rejects.toMatchObject({
      reason: 'undecryptable',
    })
  })

  test('archived sessions read on when there is no current one', async () => {
    const [alice, bob] = await talking()
    const wire = await alice.encrypt(bob, utf8('still'))
    const record = await recordOf(bob, alice)
    record.archiveCurrentState()
    record.archiveCurrentState()
    expect([record.hasCurrentState(), record.archivedBytes()]).toEqual([false, [expect.anything()]])
    await saveRecord(bob, alice, record)
    await expect(bob.encrypt(alice, utf8('x'))).rejects.toMatchObject({ reason: 'session-not-found' })
    expect(asText(await bob.decrypt(alice, wire))).toBe('still')
    expect((await recordOf(bob, alice)).hasCurrentState()).toBe(true)
  })
})

describe('spec §4.5: jumps', () => {
  /** The steps that a sender was asked to have budget for, by a budget that gives none. */
  const askedFor = async (local: string, limit: number, counter: number): Promise<number[]> => {
    const asked: number[] = []
    const budget = { take: (_: string, steps: number) => asked.push(steps) > 1e9, giveBack: () => undefined }
    const [alice, bob] = [
      createParty('ours', ALICE),
      createParty('ours', local, 2, { budget, limits: { sessionJump: limit } }),
    ]
    await bob.begin(alice)
    await alice.decrypt(bob, await bob.encrypt(alice, utf8('x')))
    const ratchetKey = signal.PrivateKey.generate().getPublicKey()
    await expect(bob.decrypt(alice, forgery(4, ratchetKey, counter))).rejects.toMatchObject({
      reason: 'too-far-in-the-future',
    })
    return asked
  }

  test('no policy allows more than the protocol’s 25,000', async () => {
    expect(await askedFor(BOB, 1_000_000, 25_000)).toEqual([25_001])
    expect(await askedFor(BOB, 1_000_000, 25_001)).toEqual([])
    expect(await askedFor(BOB, 100, 101)).toEqual([])
  })

  test('devices of one account have the protocol’s limit', async () => {
    const alice = createParty('ours', ALICE, 1, { limits: { sessionJump: 3 } })
    const kept = { identity: alice.identity.serialize(), registrationId: 5 }
    const other = createPartyOn('ours', signal, ALICE, 2, { limits: { sessionJump: 3 } }, kept)
    await alice.begin(other)
    for (let i = 0; i < 5; i++) await alice.encrypt(other, utf8('lost'))
    expect(asText(await other.decrypt(alice, await alice.encrypt(other, utf8('read'))))).toBe('read')
    // The same name alone doesn't make it the same account.
    const stranger = createParty('ours', ALICE, 3, { limits: { sessionJump: 3 } })
    await alice.begin(stranger)
    for (let i = 0; i < 5; i++) await alice.encrypt(stranger, utf8('lost'))
    await expect(stranger.decrypt(alice, await alice.encrypt(stranger, utf8('x')))).rejects.toMatchObject({
      reason: 'too-far-in-the-future',
    })
  })
})

describe('spec §3: keys that lead nowhere', () => {
  const begin = async (change: (published: Awaited<ReturnType<Party['publish']>>, bob: Party) => object) => {
    const [alice, bob] = [createParty('ours', ALICE), createParty('ours', BOB)]
    const published = await bob.publish()
    await alice.process(bob, alice.bundle({ ...published, ...change(published, bob) }))
  }

  test('a signed prekey of small order', async () => {
    const signed = ZERO_KEY.serialize()
    const begun = begin((_, bob) => ({ signed, signedSignature: bob.identity.sign(signed) }))
    await expect(begun).rejects.toMatchObject({
      reason: 'invalid-key',
      message: 'invalid key agreement',
      operation: 'SessionBuilder_ProcessPreKeyBundle',
    })
  })

  test('a Kyber prekey whose coefficients are too large', async () => {
    const kyber = Uint8Array.of(8, ...new Uint8Array(1568).fill(0xff))
    const begun = begin((_, bob) => ({ kyber, kyberSignature: bob.identity.sign(kyber) }))
    await expect(begun).rejects.toMatchObject({ reason: 'invalid-key', message: 'bad KEM public key' })
  })

  test('a base key of small order, and a Kyber secret key that is none', async () => {
    const [alice, bob] = [createParty('ours', ALICE), createParty('ours', BOB)]
    await alice.begin(bob)
    const wire = await alice.encrypt(bob, utf8('x'))
    const fields = signal.PreKeySignalMessage.deserialize(wire.bytes).fields()
    const bad = signal.PreKeySignalMessage.build(4, { ...fields, baseKey: ZERO_KEY })
    await expect(bob.decrypt(alice, { type: 3, bytes: bad.serialize() })).rejects.toMatchObject({
      reason: 'invalid-key',
      operation: 'SessionCipher_DecryptPreKeySignalMessage',
    })
    const secret = signal.KEMSecretKey.deserialize(Uint8Array.of(8, ...new Uint8Array(3168)))
    const { keyPair } = { keyPair: signal.KEMKeyPair.generate() }
    const pair = signal.KEMKeyPair.fromKeys(keyPair.getPublicKey(), secret)
    const record = signal.KyberPreKeyRecord.new(1, 0, pair, new Uint8Array(64))
    await bob.stores.kyberPreKeys.saveKyberPreKey(1, record)
    await expect(bob.decrypt(alice, wire)).rejects.toMatchObject({
      reason: 'invalid-key',
      message: 'bad KEM secret key',
    })
  })
})

describe('a session that contradicts itself', () => {
  test('isn’t sent from', async () => {
    const [alice, bob] = await talking()
    const state = currentState(alice, bob)
    state.spqr.chain.sendEpoch = 9
    await saveRecord(alice, bob, (await recordOf(alice, bob)).withCurrent(state))
    await expect(alice.encrypt(bob, utf8('x'))).rejects.toMatchObject({
      code: 7,
      reason: 'invalid-session',
      message: 'invalid session: inconsistent state',
      operation: 'SessionCipher_EncryptMessage',
    })
  })
})

test('no session, no message', async () => {
  const [alice, bob] = [createParty('ours', ALICE), createParty('ours', BOB)]
  await expect(alice.encrypt(bob, utf8('x'))).rejects.toMatchObject({
    reason: 'session-not-found',
    message: `session with ${BOB}.1 not found: message_encrypt`,
    addr: BOB,
  })
})

test('a record tells both registration ids', async () => {
  const [alice, bob] = await talking()
  const record = await recordOf(alice, bob)
  expect([record.localRegistrationId(), record.remoteRegistrationId()]).toEqual([
    alice.registrationId,
    bob.registrationId,
  ])
})

test('errors can be asked for their code, and say where they come from', () => {
  const error = signal.baseKeyReused() as signal.LibSignalErrorBase
  const { LibSignalErrorBase, ErrorCode } = signal
  expect([error.is(ErrorCode.Generic), error.is(ErrorCode.DuplicatedMessage)]).toEqual([true, false])
  expect(LibSignalErrorBase.is(error, ErrorCode.Generic)).toBe(true)
  expect(LibSignalErrorBase.is(error, ErrorCode.InvalidSession)).toBe(false)
  expect(LibSignalErrorBase.is(new Error(), ErrorCode.Generic)).toBe(false)
  expect(String(error)).toBe(
    'LibSignalError - KyberPreKeyStore_MarkKyberPreKeyUsed: invalid PreKey message: reused base key'
  )
})

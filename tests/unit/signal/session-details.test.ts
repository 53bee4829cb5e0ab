import { describe, expect, test } from 'vitest'
import * as signal from '../../../src/signal/index.ts'
import { decode } from '../../../src/signal/proto/wire.ts'
import { resolveOptions } from '../../../src/signal/options.ts'
import { attempt } from '../../../src/signal/session/decrypt.ts'
import { loadSession, saveSession } from '../../../src/signal/session/storage.ts'
import { encodeSpqrMessage } from '../../../src/signal/spqr/message.ts'
import { currentState, skip } from '../../interop/signal/hostile.ts'
import { asText, createParty, utf8, type Party, type Wire } from '../../interop/signal/party.ts'

const ALICE = '9d0652a3-dcc3-4d11-975f-74d61598733f'
const BOB = '796abedb-ca4e-4f18-8803-1fde5b921f9f'
const ZEROS = new Uint8Array(32)

const pair = (options?: signal.SignalOptions): readonly [Party, Party] => [
  createParty('ours', ALICE, 1, options),
  createParty('ours', BOB, 1, options),
]

const talking = async (options?: signal.SignalOptions): Promise<readonly [Party, Party]> => {
  const [alice, bob] = pair(options)
  await alice.begin(bob)
  await bob.decrypt(alice, await alice.encrypt(bob, utf8('one')))
  await alice.decrypt(bob, await bob.encrypt(alice, utf8('two')))
  return [alice, bob]
}

const messageIn = ({ type, bytes }: Wire): signal.SignalMessage =>
  type === 3
    ? signal.PreKeySignalMessage.deserialize(bytes).fields().message
    : signal.SignalMessage.deserialize(bytes)

/** Counter and previous counter that a message says (spec §6). */
const countersOf = (wire: Wire): readonly (number | undefined)[] => {
  const bytes = messageIn(wire).serialize()
  const fields = decode({ counter: [2, 'uint32'], previous: [3, 'uint32'] }, bytes.subarray(1, -8))
  return [fields?.counter, fields?.previous]
}

const forge = (ratchetKey: signal.PublicKey, counter: number, pqIndex: number): signal.SignalMessage => {
  const pq = encodeSpqrMessage({ epoch: 1, index: pqIndex, payload: { type: 0 } })
  return signal.SignalMessage._new(4, ZEROS, ratchetKey, counter, 0, ZEROS, ratchetKey, ratchetKey, pq)
}

/** What comes of a message in the receiver's current session. */
const tried = (receiver: Party, sender: Party, message: signal.SignalMessage) =>
  attempt(currentState(receiver, sender), {
    message,
    address: sender.address,
    localAddress: receiver.address,
    options: resolveOptions(undefined),
  })

const ratchetKeyOf = (party: Party, peer: Party): signal.PublicKey =>
  signal.PublicKey.fromRaw(currentState(party, peer).sending.pair.publicKey)

test('spec §4.3: messages say the last counter of the chain before', async () => {
  const [alice, bob] = pair()
  await alice.begin(bob)
  const first = await alice.encrypt(bob, utf8('one'))
  await bob.decrypt(alice, first)
  const answers = [await bob.encrypt(alice, utf8('two')), await bob.encrypt(alice, utf8('three'))]
  for (const answer of answers) await alice.decrypt(bob, answer)
  await bob.decrypt(alice, await alice.encrypt(bob, utf8('four')))
  const next = await bob.encrypt(alice, utf8('five'))
  expect([first, ...answers, next].map(countersOf)).toEqual([
    [0, 0],
    [0, 0],
    [1, 0],
    [0, 1],
  ])
})

describe('spec §4.3: why a session can’t read a message', () => {
  test('a ratchet key of small order, another MAC, no post-quantum message', async () => {
    const [alice, bob] = await talking()
    const key = ratchetKeyOf(alice, bob)
    const bare = signal.SignalMessage._new(4, ZEROS, key, 0, 0, ZEROS, key, key, Uint8Array.of(9))
    const results = [forge(signal.PublicKey.fromRaw(ZEROS), 0, 1), forge(key, 0, 9), bare].map((message) =>
      tried(bob, alice, message)
    )
    expect(await Promise.all(results)).toEqual(Array(3).fill('undecryptable'))
  })

  test('a post-quantum index that is too far ahead', async () => {
    const [alice, bob] = await talking()
    expect(await tried(bob, alice, forge(ratchetKeyOf(alice, bob), 0, 5000))).toBe('jump')
  })

  test('nothing has been read on the chain of the signed prekey', async () => {
    const [alice, bob] = pair()
    await alice.begin(bob)
    const [chain] = currentState(alice, bob).receiving
    const key = signal.PublicKey.fromRaw((chain as { ratchetKey: Uint8Array }).ratchetKey)
    expect(await tried(alice, bob, forge(key, 0, 1))).toBe('undecryptable')
  })
})

test('spec §4.1: of a jump of 2,001 the newest 2,000 seeds are kept', async () => {
  const [alice, bob] = await talking({ limits: { sessionJump: 3000 } })
  const [lost, kept] = [await alice.encrypt(bob, utf8('lost')), await alice.encrypt(bob, utf8('kept'))]
  await skip(alice, bob, 1999)
  await bob.decrypt(alice, await alice.encrypt(bob, utf8('last')))
  await expect(bob.decrypt(alice, lost)).rejects.toMatchObject({ reason: 'duplicate-message' })
  expect(asText(await bob.decrypt(alice, kept))).toBe('kept')
})

test('spec §15: a message that is next in its chain, or late, costs one step', async () => {
  const asked: number[] = []
  const budget = { take: (_: string, steps: number) => asked.push(steps) > 0, giveBack: () => undefined }
  const [alice, bob] = await talking({ budget })
  await bob.decrypt(alice, await alice.encrypt(bob, utf8('one')))
  const [late, next] = [await alice.encrypt(bob, utf8('late')), await alice.encrypt(bob, utf8('next'))]
  asked.length = 0
  await bob.decrypt(alice, await alice.encrypt(bob, utf8('third')))
  for (const wire of [late, next, await alice.encrypt(bob, utf8('last'))]) await bob.decrypt(alice, wire)
  expect(asked).toEqual([3, 1, 1, 1])
})

test('spec §8.4: more first messages of a session leave it where it is', async () => {
  const [alice, bob] = pair()
  await alice.begin(bob)
  for (const text of ['one', 'two']) await bob.decrypt(alice, await alice.encrypt(bob, utf8(text)))
  const record = await bob.stores.sessions.getSession(bob.addressOf(alice))
  expect(record?.archivedBytes()).toEqual([])
})

test('spec §15: private keys of a beginning are wiped', async () => {
  const { pureProvider } = signal
  const used: Uint8Array[] = []
  const provider: signal.CryptoProvider = {
    ...pureProvider,
    agree: (secret, key) => {
      used.push(secret)
      return pureProvider.agree(secret, key)
    },
  }
  const [alice, bob] = pair({ provider })
  await alice.begin(bob)
  const kept = currentState(alice, bob).sending.pair.privateKey
  const left = new Set(used.map((secret) => secret.some((byte) => byte !== 0)))
  expect([kept.some((byte) => byte !== 0), used.length, [...left]]).toEqual([true, 5, [false]])
})

test('numbers that are absent from a stored session are zero', async () => {
  const [alice, bob] = await talking()
  const absent = {
    localRegistrationId: undefined,
    remoteRegistrationId: undefined,
    previousCounter: undefined,
  }
  const bytes = saveSession({ ...currentState(alice, bob), ...absent } as never)
  expect(loadSession(bytes)).toMatchObject({
    localRegistrationId: 0,
    remoteRegistrationId: 0,
    previousCounter: 0,
  })
})

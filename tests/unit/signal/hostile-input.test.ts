import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createWorkBudget,
  LibSignalErrorBase,
  PreKeySignalMessage,
  SealedSenderMultiRecipientMessage,
  SenderKeyDistributionMessage,
  SenderKeyMessage,
  SenderKeyRecord,
  SessionRecord,
  SignalMessage,
  UnidentifiedSenderMessageContent,
  type SignalOptions,
} from '../../../src/signal/index.ts'
import { parseSpqrMessage } from '../../../src/signal/spqr/message.ts'
import { withCounter } from '../../bench/signal/scenarios.ts'
import { skip } from '../../interop/signal/hostile.ts'
import { asText, createParty, utf8, type Party, type Wire } from '../../interop/signal/party.ts'

const talking = async (options?: SignalOptions): Promise<readonly [Party, Party]> => {
  const [alice, bob] = [createParty('ours', 'alice', 1, options), createParty('ours', 'bob', 1, options)]
  await alice.begin(bob)
  await bob.decrypt(alice, await alice.encrypt(bob, utf8('one')))
  await alice.decrypt(bob, await bob.encrypt(alice, utf8('two')))
  await bob.decrypt(alice, await alice.encrypt(bob, utf8('three')))
  return [alice, bob]
}

const gap = async (from: Party, to: Party, count: number): Promise<Wire> => {
  await skip(from, to, count)
  return from.encrypt(to, utf8('after the gap'))
}

const forged = (wire: Wire): Wire => {
  const bytes = Uint8Array.from(wire.bytes)
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
  return { type: wire.type, bytes }
}

describe('spec §15: jumps are capped by policy', () => {
  test('2,000 skipped messages by default, no more', async () => {
    const [alice, bob] = await talking()
    const near = await gap(alice, bob, 1999)
    expect(asText(await bob.decrypt(alice, near))).toBe('after the gap')
    const far = await gap(alice, bob, 2001)
    await expect(bob.decrypt(alice, far)).rejects.toMatchObject({ code: 0, reason: 'too-far-in-the-future' })
  })

  test('a policy may allow more, up to the protocol’s limit', async () => {
    const [alice, bob] = await talking({ limits: { sessionJump: 3000 } })
    expect(asText(await bob.decrypt(alice, await gap(alice, bob, 2500)))).toBe('after the gap')
  })

  test('a forged counter of 24,000 is refused before any key is derived', async () => {
    const steps: number[] = []
    const budget = { take: (_: string, count: number) => steps.push(count) > 0, giveBack: () => undefined }
    const [alice, bob] = await talking({ budget })
    steps.length = 0
    const before = new Map(bob.stores.state.sessions)
    const forgery = withCounter(await alice.encrypt(bob, utf8('x')), 24_000)
    await expect(bob.decrypt(alice, forgery)).rejects.toMatchObject({ reason: 'too-far-in-the-future' })
    expect([steps, bob.stores.state.sessions]).toEqual([[], before])
  })
})

test('spec §15: a sender’s failures use up a budget, genuine messages don’t', async () => {
  let now = 0
  const budget = createWorkBudget({ steps: 1000, period: 1000, now: () => now, maxSenders: 2 })
  const [alice, bob] = await talking({ budget })
  for (let i = 0; i < 5; i++)
    expect(asText(await bob.decrypt(alice, await gap(alice, bob, 300)))).toBe('after the gap')
  const genuine = await gap(alice, bob, 400)
  for (const reason of ['undecryptable', 'undecryptable', 'too-far-in-the-future'])
    await expect(bob.decrypt(alice, forged(genuine))).rejects.toMatchObject({ reason })
  now += 1000
  expect(asText(await bob.decrypt(alice, genuine))).toBe('after the gap')
  expect([budget.take('x', 1000), budget.take('y', 1), budget.take('z', 1), budget.take('x', 1000)]).toEqual(
    Array(4).fill(true)
  )
})

const PARSERS: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  SignalMessage: (bytes) => SignalMessage.deserialize(bytes),
  PreKeySignalMessage: (bytes) => PreKeySignalMessage.deserialize(bytes),
  SenderKeyMessage: (bytes) => SenderKeyMessage.deserialize(bytes),
  SenderKeyDistributionMessage: (bytes) => SenderKeyDistributionMessage.deserialize(bytes),
  SenderKeyRecord: (bytes) => SenderKeyRecord.deserialize(bytes),
  SessionRecord: (bytes) => SessionRecord.deserialize(bytes),
  UnidentifiedSenderMessageContent: (bytes) => UnidentifiedSenderMessageContent.deserialize(bytes),
  SealedSenderMultiRecipientMessage: (bytes) => new SealedSenderMultiRecipientMessage(bytes),
  'SPQR message': (bytes) => parseSpqrMessage(bytes),
}

test.each(Object.entries(PARSERS))('%s: any bytes give a result or a typed error', (_, parse) => {
  const first = fc.constantFrom(0x44, 0x33, 0x23, 0x01, 0x0a)
  const input = fc
    .tuple(first, fc.uint8Array({ maxLength: 200 }))
    .map(([head, rest]) => Uint8Array.of(head, ...rest))
  fc.assert(
    fc.property(input, (bytes) => {
      try {
        parse(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(LibSignalErrorBase)
      }
    }),
    { numRuns: 300 }
  )
})

import type { SignalOptions } from '../../../src/signal/index.ts'
import type { Party, Wire } from '../../interop/signal/harness.ts'

/** Median durations in milliseconds. */
export type Figures = {
  readonly setUp: number
  readonly pingPong: number
  readonly sameChain: number
  readonly senderKey: number
  /** Refusing a message whose counter is forged. */
  readonly forgedCounter: number
  /** The same where the policy lets counters jump as far as the protocol does, so that the chain has to be walked. */
  readonly forgedCounterWalked: number
}

/** Two parties on one library, with that policy. */
type MakePair = (options?: SignalOptions) => readonly [Party, Party]

// Of each round; the medians of several rounds are what is reported.
const SETUPS = 12
const SAMPLES = 12
const RUNS = 8
const WALKS = 3
const TEXT = new Uint8Array(256)
const FORGED_COUNTER = 24_000
const PROTOCOL_JUMP = 25_000
const GROUP = 'd1d1d1d1-7000-11eb-b32a-33b8a8a487a6'

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number

/** Median of `times` samples; each is the mean of a few runs, because a browser's clock ticks in tenths of milliseconds. */
const measure = async (times: number, action: () => Promise<unknown>, runs = RUNS): Promise<number> => {
  const durations: number[] = []
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    for (let run = 0; run < runs; run++) await action()
    durations.push((performance.now() - start) / runs)
  }
  return median(durations)
}

const pass = async (from: Party, to: Party): Promise<void> => {
  await to.decrypt(from, await from.encrypt(to, TEXT))
}

const setUp = async (makePair: MakePair): Promise<number> => {
  const durations: number[] = []
  for (let i = 0; i < SETUPS; i++) {
    const [alice, bob] = makePair()
    const bundle = alice.bundle(await bob.publish())
    const start = performance.now()
    await alice.process(bob, bundle)
    await pass(alice, bob)
    durations.push(performance.now() - start)
  }
  return median(durations)
}

/** Sender key: encrypt and decrypt one message. */
const senderKey = async (alice: Party, bob: Party): Promise<number> => {
  const { lib, address, stores } = alice
  const from = bob.addressOf(alice)
  const made = await lib.SenderKeyDistributionMessage.create(address, GROUP, stores.senderKeys)
  await lib.processSenderKeyDistributionMessage(from, made, bob.stores.senderKeys)
  return measure(SAMPLES, async () => {
    const message = await lib.groupEncrypt(address, GROUP, stores.senderKeys, TEXT)
    await lib.groupDecrypt(from, bob.stores.senderKeys, message.serialize())
  })
}

/**
 * A message with another counter, which its MAC doesn't cover any more. Version and ratchet key take the first 36 bytes,
 * then comes the counter (spec §6).
 */
export const withCounter = ({ type, bytes }: Wire, counter: number): Wire => {
  const at = 37
  let end = at
  while ((bytes[end] as number) >= 0x80) end++
  const varint = [(counter & 0x7f) | 0x80, ((counter >> 7) & 0x7f) | 0x80, counter >> 14]
  return { type, bytes: Uint8Array.of(...bytes.subarray(0, at), ...varint, ...bytes.subarray(end + 1)) }
}

const forgedCounter = async (makePair: MakePair, runs: number, options?: SignalOptions): Promise<number> => {
  const [alice, bob] = makePair(options)
  await alice.begin(bob)
  await pass(alice, bob)
  await pass(bob, alice)
  const forged = withCounter(await alice.encrypt(bob, TEXT), FORGED_COUNTER)
  return measure(1, () => bob.decrypt(alice, forged).catch(() => undefined), runs)
}

/** One round of all figures of one library. */
export const runRound = async (makePair: MakePair): Promise<Figures> => {
  const setUpTime = await setUp(makePair)
  const [alice, bob] = makePair()
  await alice.begin(bob)
  await pass(alice, bob)
  const pingPong = await measure(SAMPLES, async () => {
    await pass(bob, alice)
    await pass(alice, bob)
  })
  const sameChain = await measure(4 * SAMPLES, () => pass(alice, bob))
  return {
    setUp: setUpTime,
    pingPong: pingPong / 2,
    sameChain,
    senderKey: await senderKey(alice, bob),
    forgedCounter: await forgedCounter(makePair, RUNS),
    forgedCounterWalked: await forgedCounter(makePair, WALKS, { limits: { sessionJump: PROTOCOL_JUMP } }),
  }
}

/** The median of each figure. */
export const mediansOf = (rounds: readonly Figures[]): Figures => {
  const of = (figure: keyof Figures): number => median(rounds.map((round) => round[figure]))
  return {
    setUp: of('setUp'),
    pingPong: of('pingPong'),
    sameChain: of('sameChain'),
    senderKey: of('senderKey'),
    forgedCounter: of('forgedCounter'),
    forgedCounterWalked: of('forgedCounterWalked'),
  }
}

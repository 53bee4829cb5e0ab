import { describe, expect, test } from 'vitest'
import { EMPTY_LIST } from '../../../src/signal/proto/packed.ts'
import { initialAuthenticator } from '../../../src/signal/spqr/authenticator.ts'
import { chunkAt } from '../../../src/signal/spqr/erasure.ts'
import { CT2_LENGTH, generateKemKeys } from '../../../src/signal/spqr/kem.ts'
import { SpqrType } from '../../../src/signal/spqr/message.ts'
import { braidReceive, waitForHeader } from '../../../src/signal/spqr/receive.ts'
import { braidSend } from '../../../src/signal/spqr/send.ts'
import { spqrReceive, startSpqr } from '../../../src/signal/spqr/spqr.ts'
import { BRAID_TAGS, type BraidState } from '../../../src/signal/spqr/states.ts'

const auth = initialAuthenticator(new Uint8Array(32).fill(1))
const filled = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(5)
const random = (length: number): Uint8Array<ArrayBuffer> => filled(length)

/** Goes on with chunks until the receiver's state is another one or the message is refused. */
const feed = (
  state: BraidState,
  type: 1 | 2 | 3 | 5 | 6,
  data: Uint8Array<ArrayBuffer>
): BraidState | null => {
  let current = state
  for (let i = 0; i < data.length / 32; i++) {
    const result = braidReceive(current, 1, { type, chunk: { index: i, data: chunkAt(data, i) } })
    if (result === null) return null
    current = result.state
  }
  return current
}

/** A receiver that has the header of the given keys and has sent its first chunk of ct1. */
const afterHeader = (): { readonly state: BraidState; readonly ek: Uint8Array<ArrayBuffer> } => {
  const keys = generateKemKeys(filled(64))
  const sender = braidSend({ tag: 'KeysUnsampled', epoch: 1, auth }, random).state
  if (sender.tag !== 'KeysSampled') throw new Error('the first message samples keys')
  const waiting = feed(waitForHeader(1, auth), SpqrType.Hdr, sender.tx.data)
  return { state: braidSend(waiting as BraidState, random).state, ek: keys.ek }
}

describe('spec §5.5: what the network of honest peers never shows', () => {
  test('an acknowledgement without a chunk ends ct1 as one with a chunk does', () => {
    const { state, ek } = afterHeader()
    const whole = feed(state, SpqrType.Ek, ek) as BraidState
    expect(whole.tag).toBe('EkReceivedCt1Sampled')
    expect(braidReceive(whole, 1, { type: SpqrType.Ct1Ack })?.state.tag).toBe('Ct2Sampled')
  })

  test('a key whose chunks come without an acknowledgement after one with it', () => {
    const { state, ek } = afterHeader()
    const chunk = (index: number) => ({ index, data: chunkAt(ek, index) })
    const acknowledged = braidReceive(state, 1, { type: SpqrType.EkCt1Ack, chunk: chunk(0) })?.state
    expect(acknowledged?.tag).toBe('Ct1Acknowledged')
    expect(feed(acknowledged as BraidState, SpqrType.Ek, ek)?.tag).toBe('Ct2Sampled')
  })

  test('a header with a wrong MAC, a key that isn’t the header’s, a ciphertext with a wrong MAC', () => {
    expect(feed(waitForHeader(1, auth), SpqrType.Hdr, filled(96))).toBeNull()
    expect(feed(afterHeader().state, SpqrType.Ek, filled(1152))).toBeNull()
    const { dk } = generateKemKeys(filled(64))
    const rx = { length: CT2_LENGTH + 32, chunks: EMPTY_LIST }
    const waiting: BraidState = { tag: 'EkSentCt1Received', epoch: 1, auth, dk, ct1: filled(960), rx }
    expect(feed(waiting, SpqrType.Ct2, filled(CT2_LENGTH + 32))).toBeNull()
  })

  test('an epoch that is ahead is refused in every state but one, and there by more than one', () => {
    const { state } = afterHeader()
    for (const epoch of [2, 3]) expect(braidReceive(state, epoch, { type: SpqrType.None })).toBeNull()
    const last: BraidState = { tag: 'Ct2Sampled', epoch: 1, auth, tx: { data: filled(160), counter: 0 } }
    expect(braidReceive(last, 3, { type: SpqrType.None })).toBeNull()
    expect(braidReceive(last, 2, { type: SpqrType.None })?.state).toEqual({
      tag: 'KeysUnsampled',
      epoch: 2,
      auth,
    })
  })
})

describe('spec §5.5: what a state has no row for leaves it as it is', () => {
  const tx = { data: filled(96), counter: 1 }
  const rx = { length: 960, chunks: EMPTY_LIST }
  const held = {
    epoch: 1,
    auth,
    ek: filled(1152),
    dk: filled(2400),
    header: filled(64),
    ct1: filled(960),
    tx,
    rx,
  }

  test.each(BRAID_TAGS)('%s', (tag) => {
    const state = { ...held, message: filled(32), tag } as unknown as BraidState
    expect(braidReceive(state, 1, { type: SpqrType.None })).toEqual({ state, secret: null })
    expect(braidReceive({ ...state, epoch: 2 }, 1, { type: SpqrType.None })?.state.tag).toBe(tag)
  })
})

test('spec §5.7: an index that is too far ahead is told from all else that may be wrong', () => {
  const b = startSpqr(filled(32), false)
  const message = (index: number): Uint8Array => Uint8Array.of(1, 1, index, 0)
  expect([spqrReceive(b, message(12), 10), spqrReceive(b, message(0), 10)]).toEqual(['jump', null])
  expect(spqrReceive(b, message(10), 10)).toBeInstanceOf(Uint8Array)
})

test('the states have their numbers in storage', () => {
  expect(BRAID_TAGS).toHaveLength(11)
})

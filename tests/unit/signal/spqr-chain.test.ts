import { describe, expect, test } from 'vitest'
import { sha3_256 } from '@noble/hashes/sha3.js'
import { concat } from '../../../src/signal/bytes.ts'
import { countOf, EMPTY_LIST } from '../../../src/signal/proto/packed.ts'
import { addEpoch, receiveKey, sendKey, startChain, type SpqrChain } from '../../../src/signal/spqr/chain.ts'
import { addChunk, chunkAt, decoded, nextChunk } from '../../../src/signal/spqr/erasure.ts'
import { generateKemKeys, keyMatchesHeader } from '../../../src/signal/spqr/kem.ts'
import { spqrReceive, spqrSend, startSpqr } from '../../../src/signal/spqr/spqr.ts'
import type { Spqr } from '../../../src/signal/spqr/storage.ts'

const KEY = new Uint8Array(32).fill(4)
const FAR = 25_000
const pair = (): readonly [SpqrChain, SpqrChain] => [startChain(KEY, true), startChain(KEY, false)]
const secret = (): Uint8Array => new Uint8Array(32).fill(9)
const sendAll = (chain: SpqrChain, count: number): Uint8Array[] =>
  Array.from({ length: count }, () => sendKey(chain, 0)?.data as Uint8Array)

describe('spec §5.7: the symmetric chain', () => {
  test('keys out of order, each once', () => {
    const [a, b] = pair()
    const keys = sendAll(a, 5)
    for (const index of [3, 1, 5, 4, 2]) expect(receiveKey(b, 0, index, FAR)).toEqual(keys[index - 1])
    for (const index of [1, 5]) expect(receiveKey(b, 0, index, FAR)).toBe('used')
    expect(receiveKey(b, 0, 0, FAR)).toBe('used')
  })

  test('epochs follow each other, and only the one before the newest is kept', () => {
    const [a, b] = pair()
    expect(addEpoch(a, 2, secret())).toBe(false)
    expect(receiveKey(b, 1, 1, FAR)).toBe('unknown-epoch')
    const old = sendKey(a, 0)?.data
    for (const chain of [a, b]) expect(addEpoch(chain, 1, secret())).toBe(true)
    expect(sendKey(a, 1)?.index).toBe(1)
    expect([sendKey(a, 0), sendKey(a, 2)]).toEqual([null, null])
    expect(a.epochs.map(({ epoch, send }) => [epoch, send.next.length])).toEqual([
      [0, 0],
      [1, 32],
    ])
    expect(receiveKey(b, 0, 1, FAR)).toEqual(old)
    expect(addEpoch(a, 2, secret())).toBe(true)
    const [first] = a.epochs
    sendKey(a, 2)
    expect(a.epochs.map(({ epoch }) => epoch)).toEqual([1, 2])
    expect([first?.receive.next, first?.send.next]).toEqual([new Uint8Array(32), new Uint8Array(0)])
  })

  test('a step wipes the key before it', () => {
    const [a] = pair()
    const before = a.epochs[0]?.send.next
    sendKey(a, 0)
    expect(before).toEqual(new Uint8Array(32))
  })

  test('a jump is limited', () => {
    expect(receiveKey(pair()[1], 0, 11, 10)).toBe('jump')
    const [a, b] = pair()
    expect(receiveKey(b, 0, 10, 10)).toEqual(sendAll(a, 10)[9])
  })

  test('after a jump of more than the window, only the window is kept', () => {
    const [a, b] = pair()
    const keys = sendAll(a, 2500)
    expect(receiveKey(b, 0, 2, FAR)).toEqual(keys[1])
    expect(receiveKey(b, 0, 2500, FAR)).toEqual(keys[2499])
    expect(countOf(b.epochs[0]?.receive.stored as Uint8Array<ArrayBuffer>)).toBe(2000)
    expect(receiveKey(b, 0, 499, FAR)).toBe('trimmed')
    expect(receiveKey(b, 0, 500, FAR)).toEqual(keys[499])
    expect(receiveKey(b, 0, 1, FAR)).toBe('trimmed')
  })

  test('a jump of exactly the window keeps what was stored before', () => {
    const [a, b] = pair()
    const keys = sendAll(a, 2003)
    receiveKey(b, 0, 2, FAR)
    receiveKey(b, 0, 2002, FAR)
    expect(countOf(b.epochs[0]?.receive.stored as Uint8Array<ArrayBuffer>)).toBe(2000)
    expect(receiveKey(b, 0, 3, FAR)).toEqual(keys[2])
    expect(receiveKey(b, 0, 1, FAR)).toBe('trimmed')
  })

  test('stored keys are trimmed when there are 2,201', () => {
    const [, b] = pair()
    const stored = (): number => countOf(b.epochs[0]?.receive.stored as Uint8Array<ArrayBuffer>)
    receiveKey(b, 0, 1500, FAR)
    receiveKey(b, 0, 2202, FAR)
    expect(stored()).toBe(2200)
    receiveKey(b, 0, 2204, FAR)
    // Of 2,201 those from index 203 on are left: 2000 back from the last that was passed.
    expect(stored()).toBe(1999)
    expect(receiveKey(b, 0, 204, FAR)).toBeInstanceOf(Uint8Array)
  })
})

describe('spec §5.2: the erasure code', () => {
  test('serves messages that are longer than any of today', () => {
    const data = Uint8Array.from({ length: 32 * 40 }, (_, i) => i)
    let decoder = { length: data.length, chunks: EMPTY_LIST }
    for (let index = 1; index <= 40; index++)
      decoder = addChunk(decoder, { index, data: chunkAt(data, index) })
    expect(decoded(decoder)).toEqual(data)
  })

  test('chunks are numbered in 16 bits', () => {
    const data = new Uint8Array(96)
    const { encoder, chunk } = nextChunk({ data, counter: 65_535 })
    expect([encoder.counter, chunk.index]).toEqual([0, 65_535])
    expect(nextChunk({ data, counter: 0 })).toMatchObject({ encoder: { counter: 1 }, chunk: { index: 0 } })
  })
})

describe('spec §5.1: a key that isn’t its header’s', () => {
  test.each([
    ['the first', [0x01, 0x0d, 0]],
    ['the second', [0, 0x10, 0xd0]],
  ])('%s coefficient of 3329 is refused, of 3328 not', (_, [a, b, c]) => {
    const { header } = generateKemKeys(new Uint8Array(64).fill(5))
    const check = (...first: number[]): boolean => {
      const ek = new Uint8Array(1152)
      ek.set(first, 1149)
      const seed = header.subarray(0, 32)
      return keyMatchesHeader(concat(seed, sha3_256(concat(ek, seed))), ek)
    }
    const [x, y, z] = [a, b, c] as [number, number, number]
    expect(check(x, y, z)).toBe(false)
    expect(x === 0 ? check(0, 0, 0xd0) : check(0, 0x0d, 0)).toBe(true)
  })
})

describe('spec §5.8: a state that contradicts itself', () => {
  const withChain = (spqr: Spqr, epoch: number): Spqr => {
    spqr.chain.epoch = epoch
    return spqr
  }
  const random = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(1)
  /** Two sides, of which B has the header and will sample the epoch's secret next. */
  const afterHeader = (): readonly [Spqr, Spqr] => {
    const [a, b] = [startSpqr(KEY, true), startSpqr(KEY, false)]
    for (let i = 0; i < 3; i++) spqrReceive(b, spqrSend(a, random)?.message as Uint8Array, FAR)
    return [a, b]
  }

  test('gives nothing to send', () => {
    const [, b] = afterHeader()
    expect(spqrSend(withChain(b, 7), random)).toBeNull()
    const a = startSpqr(KEY, true)
    a.chain.sendEpoch = 3
    expect(spqrSend(a, random)).toBeNull()
  })

  test('gives no key for what is received', () => {
    const [a, b] = afterHeader()
    const turn = (from: Spqr, to: Spqr, count: number): void => {
      for (let i = 0; i < count; i++) spqrReceive(to, spqrSend(from, random)?.message as Uint8Array, FAR)
    }
    turn(b, a, 30)
    turn(a, b, 36)
    turn(b, a, 4)
    const last = spqrSend(b, random)?.message as Uint8Array
    expect(spqrReceive(withChain(a, 7), last, FAR)).toBeNull()
  })
})

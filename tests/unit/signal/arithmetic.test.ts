import { describe, expect, test } from 'vitest'
import { edwardsFromMontgomery } from '../../../src/signal/crypto/curve.ts'
import { FIELD_PRIME, squareRoot } from '../../../src/signal/crypto/field.ts'
import { hkdfSha256 } from '../../../src/signal/crypto/kdf.ts'
import { append, EMPTY_LIST, keepNewest, placeOf, takeEntry } from '../../../src/signal/proto/packed.ts'
import { parseSpqrMessage, SpqrType } from '../../../src/signal/spqr/message.ts'
import { startSpqr, wipeSpqr } from '../../../src/signal/spqr/spqr.ts'
import { spqrSend } from '../../../src/signal/spqr/spqr.ts'
import { PrivateKey, ServiceId } from '../../../src/signal/index.ts'

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values)
const filled = (length: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value)

test('square roots modulo p', () => {
  const root = squareRoot(4n)
  expect([2n, FIELD_PRIME - 2n]).toContain(root)
  expect([squareRoot(0n), squareRoot(2n)]).toEqual([0n, null])
})

test('spec §1.3: the top bit of a coordinate is masked, and −1 has no Edwards form', () => {
  const key = PrivateKey.generate()
  const u = key.getPublicKey().getPublicKeyBytes()
  const masked = edwardsFromMontgomery(u, 0)
  u[31] = (u[31] as number) | 0x80
  expect(edwardsFromMontgomery(u, 0)).toEqual(masked)
  expect((edwardsFromMontgomery(u, 0x80) as Uint8Array)[31]).toBe(
    ((masked as Uint8Array)[31] as number) | 0x80
  )
  expect(edwardsFromMontgomery(bytes(0xec, ...filled(30, 0xff), 0x7f), 0)).toBeNull()
})

test('RFC 5869: what is beyond the length asked for is gone', () => {
  const out = hkdfSha256(null, bytes(1), bytes(2), 42)
  expect(new Uint8Array(out.buffer).subarray(42)).toEqual(new Uint8Array(22))
  expect(() => hkdfSha256(null, bytes(1), bytes(2), 8161)).toThrow(/^HKDF output too long$/)
})

test('spec §1.6: a PNI that begins with zero', () => {
  const fixed = bytes(1, ...filled(16, 0))
  expect(ServiceId.parseFromServiceIdBinary(fixed).getServiceIdString()).toBe(
    'PNI:00000000-0000-0000-0000-000000000000'
  )
})

describe('packed lists', () => {
  const entry = (index: number) => ({ index, data: filled(32, index) })

  test('find, take and keep, and leave nothing behind', () => {
    const list = append(EMPTY_LIST, [1, 2, 3].map(entry))
    expect([placeOf(list, 1), placeOf(list, 3), placeOf(list, 9)]).toEqual([0, 2, -1])
    const longer = append(list, [entry(4)])
    expect(list).toEqual(new Uint8Array(108))
    const taken = takeEntry(longer, 2)
    expect(taken?.data).toEqual(filled(32, 2))
    expect([placeOf(taken?.rest as typeof list, 2), placeOf(taken?.rest as typeof list, 4)]).toEqual([-1, 2])
    expect(longer.subarray(108)).toEqual(new Uint8Array(36))
    const kept = keepNewest(taken?.rest as typeof list, 1)
    expect(kept).toEqual(bytes(0, 0, 0, 4, ...filled(32, 4)))
    expect(longer.subarray(0, 72)).toEqual(new Uint8Array(72))
    expect(keepNewest(kept, 5)).toEqual(bytes(0, 0, 0, 4, ...filled(32, 4)))
  })
})

describe('spec §5.4: SPQR messages', () => {
  const chunk = filled(32, 7)

  test('types have their numbers', () => {
    expect(SpqrType).toEqual({ None: 0, Hdr: 1, Ek: 2, EkCt1Ack: 3, Ct1Ack: 4, Ct1: 5, Ct2: 6 })
  })

  test.each([
    ['an index of 2^32', [1, 1, 128, 128, 128, 128, 16, 0]],
    ['a chunk index of 65536', [1, 1, 1, 1, 128, 128, 4, ...chunk]],
    ['a chunk cut short', [1, 1, 1, 1, 0, ...chunk.subarray(1)]],
    ['type 7', [1, 1, 1, 7, 0, ...chunk]],
    ['epoch 0', [1, 0, 1, 0]],
    ['an epoch beyond what is safe', [1, 128, 128, 128, 128, 128, 128, 128, 16, 1, 0]],
    ['another version', [2, 1, 1, 0]],
    ['no type', [1, 1, 1]],
  ])('%s is refused', (_, message) => {
    expect(parseSpqrMessage(bytes(...message))).toBeNull()
  })

  test('the largest of everything, and bytes after it, are taken', () => {
    const index = [255, 255, 255, 255, 15]
    expect(parseSpqrMessage(bytes(1, 1, ...index, 6, 255, 255, 3, ...chunk, 9))).toEqual({
      epoch: 1,
      index: 0xffffffff,
      payload: { type: 6, chunk: { index: 0xffff, data: chunk } },
    })
  })
})

test('spec §15: a working copy of SPQR is wiped', () => {
  const a = startSpqr(filled(32, 4), true)
  spqrSend(a, (length) => filled(length, 1))
  const { braid, chain } = a
  if (braid.tag !== 'KeysSampled') throw new Error('the first message samples keys')
  wipeSpqr(a)
  const secrets = [braid.dk, braid.auth.root, braid.auth.mac, chain.nextRoot]
  const chains = chain.epochs.flatMap(({ send, receive }) => [send.next, receive.next])
  for (const secret of [...secrets, ...chains]) expect(secret.every((byte) => byte === 0)).toBe(true)
})

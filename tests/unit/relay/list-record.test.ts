import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SealedListRecordSchema } from '../../../src/protocol/gen/identity_pb.js'
import { LIMITS } from '../../../src/protocol/limits.ts'
import {
  listDhtKey,
  locatorOfDhtKey,
  parseListRecord,
  parseLocator,
  verifyListRecord,
} from '../../../src/protocol/list-record.ts'
import { fromUtf8 } from '../../../src/lib/bytes.ts'
import { newestOf } from '../../../relay-server/p2p/dht.ts'
import { newKeyPair, sealedRecord } from '../../contract/relay/kit/device.ts'

const LOCATOR = 'ab'.repeat(32)

describe('list records', () => {
  test('verify for their locator and their key alone', async () => {
    const key = await newKeyPair()
    const bytes = await sealedRecord(key, LOCATOR, 7, new Uint8Array(50))
    const parsed = parseListRecord(bytes)
    if (!parsed.ok) throw new Error('not parsed')
    expect(parsed.value.revision).toBe(7n)
    expect((await verifyListRecord(parsed.value, LOCATOR)).ok).toBe(true)
    expect((await verifyListRecord(parsed.value, 'cd'.repeat(32))).ok).toBe(false)
    expect((await verifyListRecord({ ...parsed.value, revision: 8n }, LOCATOR)).ok).toBe(false)
    const { publicKey } = await newKeyPair()
    expect((await verifyListRecord({ ...parsed.value, publishKey: publicKey }, LOCATOR)).ok).toBe(false)
    expect((await verifyListRecord(parsed.value, 'nonsense')).ok).toBe(false)
  })

  test('a change of any one byte is noticed', async () => {
    const bytes = await sealedRecord(await newKeyPair(), LOCATOR, 7, new Uint8Array(50))
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (index, change) => {
        const spoilt = bytes.map((byte, at) => (at === index ? byte ^ change : byte))
        const parsed = parseListRecord(spoilt)
        const good = parsed.ok && (await verifyListRecord(parsed.value, LOCATOR)).ok
        expect(good).toBe(false)
      }),
      { numRuns: 1_000 }
    )
  })

  test('fields that nobody signed cannot be hung on', async () => {
    const bytes = await sealedRecord(await newKeyPair(), LOCATOR, 7, new Uint8Array(50))
    // Field 15, a varint.
    expect(parseListRecord(Uint8Array.of(...bytes, 0x78, 1))).toEqual({
      ok: false,
      error: { kind: 'list-record', reason: 'malformed' },
    })
  })

  test('any bytes are parsed or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const parsed = parseListRecord(bytes)
        if (parsed.ok) expect(parsed.value.publishKey).toHaveLength(32)
        else expect(parsed.error).toEqual({ kind: 'list-record', reason: 'malformed' })
      }),
      { numRuns: 1_000 }
    )
  })

  test('every length is checked', async () => {
    const bytes = await sealedRecord(await newKeyPair(), LOCATOR, 1, new Uint8Array(5))
    const good = fromBinary(SealedListRecordSchema, bytes)
    const wrong = [
      { version: 2 },
      { revision: 0n },
      { revision: 2n ** 53n },
      { publishKey: new Uint8Array(31) },
      { nonce: new Uint8Array(12) },
      { ciphertext: new Uint8Array() },
      { ciphertext: new Uint8Array(LIMITS.listRecordBytes) },
      { signature: new Uint8Array(63) },
    ]
    for (const change of wrong) {
      const spoilt = toBinary(SealedListRecordSchema, create(SealedListRecordSchema, { ...good, ...change }))
      expect(parseListRecord(spoilt).ok).toBe(false)
    }
    expect(parseListRecord(bytes).ok).toBe(true)
  })

  test('locators and DHT keys', () => {
    expect(parseLocator(LOCATOR)).toHaveLength(32)
    for (const text of ['', 'AB'.repeat(32), 'ab'.repeat(31), `${LOCATOR}0`])
      expect(parseLocator(text)).toBeUndefined()
    expect(locatorOfDhtKey(fromUtf8(listDhtKey(LOCATOR)) ?? '')).toBe(LOCATOR)
    expect(locatorOfDhtKey(`/other/${LOCATOR}`)).toBeUndefined()
  })

  test('the selector takes the highest revision', async () => {
    const key = await newKeyPair()
    const records = await Promise.all(
      [2, 9, 4].map((revision) => sealedRecord(key, LOCATOR, revision, new Uint8Array(3)))
    )
    expect(newestOf([new Uint8Array(4), ...records])).toBe(2)
    expect(newestOf([new Uint8Array(4)])).toBe(0)
  })
})

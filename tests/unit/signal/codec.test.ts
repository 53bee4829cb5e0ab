import { describe, expect, test } from 'vitest'
import { equalBytes, toHex, wipe } from '../../../src/signal/bytes.ts'
import { cbcDecrypt, cbcEncrypt } from '../../../src/signal/crypto/ciphers.ts'
import { readUint, writeUint } from '../../../src/signal/proto/varint.ts'
import { decode, encode } from '../../../src/signal/proto/wire.ts'

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values)
const filled = (length: number, value: number): number[] => Array<number>(length).fill(value)

describe('bytes', () => {
  test('are equal when length and content are', () => {
    expect(equalBytes(bytes(1, 2), bytes(1, 2))).toBe(true)
    expect([equalBytes(bytes(1, 2), bytes(1, 3)), equalBytes(bytes(1, 2), bytes(1))]).toEqual([false, false])
    expect([equalBytes(bytes(), bytes(0)), equalBytes(bytes(9, 2), bytes(1, 2))]).toEqual([false, false])
  })

  test('are zeros once wiped', () => {
    const secrets = [bytes(1, 2), bytes(255)] as const
    wipe(...secrets, null, undefined)
    expect(secrets).toEqual([bytes(0, 0), bytes(0)])
  })

  test('as text have two digits each', () => {
    expect(toHex(bytes(0, 10, 255))).toBe('000aff')
  })
})

test('spec §1.4: what CBC can’t decrypt is all the same', () => {
  const [key, iv] = [new Uint8Array(32), new Uint8Array(16)]
  const sealed = cbcEncrypt(key, iv, bytes(1, 2))
  expect(cbcDecrypt(key, iv, sealed)).toEqual(bytes(1, 2))
  for (const bad of [bytes(), sealed.subarray(1), new Uint8Array(17), new Uint8Array(16)])
    expect(cbcDecrypt(key, iv, bad)).toBeNull()
})

describe('spec §1.1: varints', () => {
  test.each([
    [0, [0]],
    [127, [127]],
    [128, [128, 1]],
    [16_383, [255, 127]],
    [16_384, [128, 128, 1]],
    [2 ** 32, [128, 128, 128, 128, 16]],
    [Number.MAX_SAFE_INTEGER, [...filled(7, 255), 15]],
  ])('%i and back', (value, encoded) => {
    expect([...writeUint(value)]).toEqual(encoded)
    expect(readUint(bytes(9, ...encoded), 1)).toEqual({
      low: value % 2 ** 32,
      value,
      end: encoded.length + 1,
    })
  })

  test('ten bytes and 64 bits are the most', () => {
    expect(readUint(bytes(...filled(9, 255), 1), 0)).toMatchObject({ low: 0xffffffff, end: 10 })
    expect(readUint(bytes(...filled(9, 128), 0), 0)).toEqual({ low: 0, value: 0, end: 10 })
    for (const bad of [[...filled(9, 255), 2], [...filled(10, 128), 0], [128], []])
      expect(readUint(bytes(...bad), 0)).toBeNull()
  })

  test('the low half of a wide one keeps its bits', () => {
    expect(readUint(bytes(...filled(4, 255), 0x7f), 0)?.low).toBe(0xffffffff)
    expect(readUint(bytes(...filled(4, 128), 0x70, 0), 0)?.low).toBe(0)
    expect(readUint(bytes(...filled(5, 128), 1), 0)).toEqual({ low: 0, value: 2 ** 35, end: 6 })
  })
})

const SCHEMA = {
  small: [1, 'uint32'],
  wide: [2, 'uint64'],
  time: [3, 'fixed64'],
  text: [4, 'string'],
  data: [5, 'bytes'],
  many: [6, 'bytes[]'],
} as const

describe('spec §1.1: protobuf', () => {
  const values = {
    small: 0,
    wide: 2 ** 40,
    time: 2 ** 41,
    text: 'é',
    data: bytes(),
    many: [bytes(1), bytes(2, 3)],
  }

  test('fields in the order of their numbers, zeros included, the absent ones absent', () => {
    const encoded = encode(SCHEMA, values)
    expect(toHex(encoded)).toBe(
      '0800' + '10808080808020' + '190000000000020000' + '2202c3a9' + '2a00' + '320101' + '32020203'
    )
    expect(decode(SCHEMA, encoded)).toEqual(values)
    expect(encode(SCHEMA, {})).toHaveLength(0)
    expect(decode(SCHEMA, bytes())).toEqual({ ...emptied, many: [] })
  })
  const emptied = { small: undefined, wide: undefined, time: undefined, text: undefined, data: undefined }

  test('any order, the last of several, and fields that nobody knows', () => {
    const unknown = [
      ...[0x78, 5], // 15: varint
      ...[0x79, ...filled(8, 255)], // 15: fixed64, not a safe integer
      ...[0x7a, 1, 9], // 15: length
      ...[0x7d, 1, 2, 3, 4], // 15: fixed32
    ]
    const read = decode(SCHEMA, bytes(0x2a, 1, 7, ...unknown, 8, 1, 8, 2))
    expect(read).toEqual({ ...emptied, small: 2, data: bytes(7), many: [] })
  })

  test('a uint32 is cut to 32 bits', () => {
    expect(decode(SCHEMA, bytes(8, 0x81, 0x80, 0x80, 0x80, 0x10))?.small).toBe(1)
  })

  test.each([
    ['a number cut short', [8, 128]],
    ['a tag cut short', [128]],
    ['field 0', [0, 1]],
    ['a field number of more than 29 bits', [0x80, 0x80, 0x80, 0x80, 0x10, 1]],
    ['the wrong wire type', [9, ...filled(8, 0)]],
    ['a uint64 beyond what is safe', [0x10, ...filled(9, 255), 1]],
    ['a uint64 of 2^53', [0x10, ...filled(7, 128), 16]],
    ['a fixed64 beyond what is safe', [0x19, ...filled(8, 255)]],
    ['a fixed64 of 2^53', [0x19, ...filled(6, 0), 32, 0]],
    ['a fixed64 cut short', [0x19, ...filled(7, 0)]],
    ['a fixed32 cut short', [0x7d, 1, 2, 3]],
    ['bytes cut short', [0x2a, 2, 1]],
    ['bytes of a length that is no number', [0x2a, 128]],
    ['bytes of a length beyond everything', [0x2a, ...filled(9, 255), 1]],
    ['text that isn’t UTF-8', [0x22, 1, 0xff]],
    ['a group', [0x7b, 0x7c]],
  ])('%s is refused', (_, content) => {
    expect(decode(SCHEMA, bytes(...content))).toBeNull()
  })

  test('text keeps a byte order mark', () => {
    expect(decode(SCHEMA, bytes(0x22, 3, 0xef, 0xbb, 0xbf))?.text).toBe('\ufeff')
  })

  test('2^53 − 1 is safe', () => {
    const limit = Number.MAX_SAFE_INTEGER
    expect(decode(SCHEMA, encode(SCHEMA, { wide: limit, time: limit }))).toMatchObject({
      wide: limit,
      time: limit,
    })
  })

  test('what is read shares nothing with what was given', () => {
    const input = bytes(0x2a, 1, 7)
    const read = decode(SCHEMA, input)
    input.fill(0)
    expect(read?.data).toEqual(bytes(7))
  })
})

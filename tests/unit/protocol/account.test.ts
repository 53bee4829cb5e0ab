import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accountIdOf, isPublicKey } from '../../../src/protocol/account.ts'
import { accountIdBytes, accountIdFromBytes, parseAccountId } from '../../../src/protocol/ids.ts'
import { isPrintableName } from '../../../src/protocol/names.ts'
import { isRelayOrigin } from '../../../src/protocol/relay-origin.ts'
import { RUNS } from '../../support/bytes.ts'

const key = (fill: number): Uint8Array => Uint8Array.of(0x05, ...new Uint8Array(32).fill(fill))

describe('account ids', () => {
  test('are UUIDs of version 8 made from the key alone', () => {
    // SHA-256 of 0x05 and 32 bytes 0x01, with version and variant bits set.
    expect(accountIdOf(key(1))).toBe('06b34ba4-b305-88ab-a21c-1304bc27994d')
    expect(accountIdOf(key(1))).not.toBe(accountIdOf(key(2)))
  })

  test('survive the way to bytes and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const id = accountIdOf(Uint8Array.of(0x05, ...bytes))
        expect(parseAccountId(id)).toBe(id)
        expect(accountIdFromBytes(accountIdBytes(id))).toBe(id)
        expect(id[14]).toBe('8')
      }),
      RUNS
    )
  })

  test('are not made from anything but a Curve25519 key', () => {
    expect(isPublicKey(key(1).subarray(1))).toBe(false)
    expect(() => accountIdOf(key(1).subarray(1))).toThrow('accountKey')
  })
})

describe('names', () => {
  test.each(['Ana', 'José da Silva', '山田太郎', '👩‍👩‍👧', 'عائشة', 'a'.repeat(64)])(
    '%s may be shown',
    (name) => {
      expect(isPrintableName(name)).toBe(true)
    }
  )

  test.each([
    '',
    '   ',
    'a'.repeat(65),
    '😀'.repeat(65),
    'two\nlines',
    'nul\0',
    '\u202egnp.exe',
    'line\u2028break',
  ])('%j may not', (name) => {
    expect(isPrintableName(name)).toBe(false)
  })
})

describe('relay origins', () => {
  test.each([
    'https://relay.example',
    'https://relay.example:8443',
    'http://localhost:8080',
    'http://127.0.0.1:1',
    'http://[::1]:8080',
  ])('%s is one', (origin) => {
    expect(isRelayOrigin(origin)).toBe(true)
  })

  test.each([
    'http://relay.example',
    'https://relay.example/',
    'https://relay.example/path',
    'https://user:secret@relay.example',
    'https://relay.example?x',
    'HTTPS://relay.example',
    'ws://localhost',
    'javascript:alert(1)',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    '',
    `https://${'a'.repeat(200)}.example`,
  ])('%s is none', (origin) => {
    expect(isRelayOrigin(origin)).toBe(false)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { create, toBinary } from '@bufbuild/protobuf'
import { toBase64Url } from '../../../src/lib/bytes.ts'
import { accountIdOf } from '../../../src/protocol/account.ts'
import { InviteSchema } from '../../../src/protocol/gen/identity_pb.js'
import { accountIdBytes } from '../../../src/protocol/ids.ts'
import { formatInvite, parseInvite, type Invite, type InviteError } from '../../../src/protocol/invite.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { sha256 } from '../../../src/protocol/sha256.ts'
import { damage, damaged, RUNS } from '../../support/bytes.ts'

const NOW = 1_790_000_000_000
const accountKey = Uint8Array.of(0x05, ...new Uint8Array(32).fill(7))
const invite: Invite = {
  account: accountIdOf(accountKey),
  accountKey,
  requestKey: new Uint8Array(32).fill(9),
  expiresAt: NOW + LIMITS.inviteLifetime,
  relays: ['https://relay.example', 'http://localhost:8080'],
  name: 'Ana Lúcia 🌻',
}
const link = formatInvite('https://chat.example', invite)
const REASONS = ['link-malformed', 'link-truncated', 'link-newer-version', 'link-tampered', 'link-expired']

const reasonOf = (text: string, now = NOW): InviteError['reason'] | 'fine' => {
  const parsed = parseInvite(text, now)
  return parsed.ok ? 'fine' : parsed.error.reason
}

/** A payload whose checksum is right, whatever it holds. */
const sealed = (body: Uint8Array, version = 1, length = body.length): string => {
  const head = Uint8Array.of(version, length >> 8, length & 0xff, ...body)
  return toBase64Url(Uint8Array.of(...head, ...sha256(head).subarray(0, 8)))
}
const message = (change: object) =>
  toBinary(
    InviteSchema,
    create(InviteSchema, {
      version: 1,
      accountId: accountIdBytes(invite.account),
      accountKey,
      requestKey: invite.requestKey,
      expiresAt: BigInt(invite.expiresAt),
      relays: [...invite.relays],
      name: invite.name,
      ...change,
    })
  )

describe('invite links', () => {
  test('carry everything in the fragment and come back whole', () => {
    expect(link).toMatch(/^https:\/\/chat\.example\/#\/invite\/[A-Za-z0-9_-]+$/)
    expect(new URL(link).pathname + new URL(link).search).toBe('/')
    expect(link.length).toBeLessThanOrEqual(LIMITS.inviteCharacters)
    expect(parseInvite(link, NOW)).toEqual({ ok: true, value: invite })
    expect(parseInvite(`  ${link}\n`, NOW)).toEqual({ ok: true, value: invite })
    expect(parseInvite(link.slice(link.lastIndexOf('/') + 1), NOW)).toEqual({ ok: true, value: invite })
  })

  test('come back whole for any name, key and relay they may hold', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: NOW + 1, max: NOW * 2 }),
        fc.uniqueArray(fc.constantFrom('https://a.example', 'https://b.example:444', 'http://localhost:1'), {
          minLength: 1,
        }),
        fc.stringMatching(/^[\p{L}\p{N}]{1,20}$/u),
        (key, requestKey, expiresAt, relays, name) => {
          const full = Uint8Array.of(0x05, ...key)
          const one = { account: accountIdOf(full), accountKey: full, requestKey, expiresAt, relays, name }
          expect(parseInvite(formatInvite('https://chat.example/', one), NOW)).toEqual({
            ok: true,
            value: one,
          })
        }
      ),
      RUNS
    )
  })

  test('cut anywhere inside the payload are truncated', () => {
    const start = link.lastIndexOf('/') + 1
    for (let end = start; end < link.length; end++)
      expect([end, reasonOf(link.slice(0, end))]).toEqual([end, 'link-truncated'])
  })

  test('changed in one character are tampered, of a newer version or malformed, but never taken', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: link.lastIndexOf('/') + 1, max: link.length - 1 }),
        fc.constantFrom(...'AZaz09-_'),
        (at, char) => {
          fc.pre(link[at] !== char)
          expect(['link-tampered', 'link-truncated', 'link-newer-version', 'link-malformed']).toContain(
            reasonOf(link.slice(0, at) + char + link.slice(at + 1))
          )
        }
      ),
      RUNS
    )
    const middle = link.length - 40
    const other = link[middle] === 'A' ? 'B' : 'A'
    expect(reasonOf(link.slice(0, middle) + other + link.slice(middle + 1))).toBe('link-tampered')
    expect(reasonOf(`${link}AAAA`)).toBe('link-tampered')
  })

  test('of a newer version say so, whatever follows', () => {
    expect(reasonOf(sealed(message({}), 2))).toBe('link-newer-version')
    expect(reasonOf(toBase64Url(Uint8Array.of(9, 1, 2, 3)))).toBe('link-newer-version')
    expect(reasonOf(sealed(message({}), 0))).toBe('link-malformed')
  })

  test('past their day are expired, and not before', () => {
    expect(reasonOf(link, invite.expiresAt - 1)).toBe('fine')
    expect(reasonOf(link, invite.expiresAt)).toBe('link-expired')
  })

  test.each([
    ['nothing', ''],
    ['another page', 'https://chat.example/#/settings'],
    ['a sentence', 'see you at eight'],
    ['foreign characters', `${link}é`],
    ['too much', link + 'A'.repeat(LIMITS.inviteCharacters)],
  ])('%s is malformed', (_, text) => {
    expect(reasonOf(text)).toBe('link-malformed')
  })

  test.each([
    ['no protobuf', sealed(Uint8Array.of(0xff, 0xff, 0xff)), 'link-malformed'],
    ['an id of another key', sealed(message({ accountId: new Uint8Array(16) })), 'link-tampered'],
    ['a short account key', sealed(message({ accountKey: accountKey.subarray(1) })), 'link-malformed'],
    ['a short request key', sealed(message({ requestKey: new Uint8Array(31) })), 'link-malformed'],
    ['no relay', sealed(message({ relays: [] })), 'link-malformed'],
    [
      'four relays',
      sealed(message({ relays: ['a', 'b', 'c', 'd'].map((host) => `https://${host}.example`) })),
      'link-malformed',
    ],
    [
      'a plain relay on another machine',
      sealed(message({ relays: ['http://relay.example'] })),
      'link-malformed',
    ],
    ['a script for a relay', sealed(message({ relays: ['javascript:alert(1)'] })), 'link-malformed'],
    ['no name', sealed(message({ name: '' })), 'link-malformed'],
    ['a name that turns the text around', sealed(message({ name: '\u202eana' })), 'link-malformed'],
    ['an expiry beyond counting', sealed(message({ expiresAt: 2n ** 63n })), 'link-malformed'],
  ])('with %s are refused although the checksum fits', (_, text, reason) => {
    expect(reasonOf(text)).toBe(reason)
  })

  test('of any kind end in an invite or one of five reasons', () => {
    const payload = Uint8Array.from(Buffer.from(link.slice(link.lastIndexOf('/') + 1), 'base64url'))
    const broken = damage.map(
      (change) => `https://chat.example/#/invite/${toBase64Url(damaged(payload, change))}`
    )
    const fitting = damage.map((change) => sealed(damaged(message({}), change)))
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.webUrl(), broken, fitting),
        (text) => {
          const parsed = parseInvite(text, NOW)
          if (parsed.ok) expect(accountIdOf(parsed.value.accountKey)).toBe(parsed.value.account)
          else expect(REASONS).toContain(parsed.error.reason)
        }
      ),
      { numRuns: 3_000 }
    )
  })
})

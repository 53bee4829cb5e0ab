import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { create, toBinary } from '@bufbuild/protobuf'
import { encodeContent, parseContent, type Content, type ContentBody } from '../../../src/protocol/content.ts'
import { ContentSchema, Receipt_Kind } from '../../../src/protocol/gen/content_pb.js'
import type { EnvelopeId, MessageId } from '../../../src/protocol/ids.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { damage, damaged, RUNS } from '../../support/bytes.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const hexId = bytes(16).map((raw) => Buffer.from(raw).toString('hex'))
const chain = fc.uint8Array({ minLength: 1, maxLength: 300 })
const name = fc.stringMatching(/^[\p{L}\p{N}]{1,20}$/u)
const peerId = fc.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{46,52}$/)
const addresses = fc.array(
  fc.constantFrom('/ip4/192.0.2.1/udp/1/webrtc-direct', '/dns4/relay.example/tcp/443/wss'),
  { maxLength: 8 }
)
const version = fc.record({ revision: fc.integer({ min: 1, max: 1e9 }), hash: bytes(32) })
const clock = fc.record({
  physical: fc.integer({ min: 1, max: 2 ** 45 }),
  logical: fc.integer({ min: 0, max: 0xffff_ffff }),
})
const seconds = fc.integer({ min: 0, max: LIMITS.vanishSeconds })

const body: fc.Arbitrary<ContentBody> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
  }),
  fc.record({
    kind: fc.constant('text' as const),
    text: fc.constant('a'),
    vanish: fc.oneof(fc.record({ after: seconds, set: clock }), fc.record({ after: fc.constant(1) })),
  }),
  fc.record({ kind: fc.constant('vanish' as const), after: seconds, set: clock }),
  fc.record({
    kind: fc.constant('edit' as const),
    message: hexId.map((id) => id as MessageId),
    text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
  }),
  fc.record({ kind: fc.constant('delete' as const), message: hexId.map((id) => id as MessageId) }),
  fc.record({
    kind: fc.constant('receipt' as const),
    receipt: fc.constantFrom('delivered' as const, 'read' as const),
    ids: fc.array(
      hexId.map((id) => id as MessageId),
      { minLength: 1, maxLength: 20 }
    ),
  }),
  fc.record({
    kind: fc.constant('contactRequest' as const),
    name,
    deviceListChain: chain,
    deliveryKey: bytes(32),
  }),
  fc.record({
    kind: fc.constant('contactAccept' as const),
    name,
    deviceListChain: chain,
    deliveryKey: bytes(32),
    profileKey: bytes(32),
  }),
  fc.record(
    { kind: fc.constant('profile' as const), name, deliveryKey: bytes(32), profileKey: bytes(32) },
    { requiredKeys: ['kind', 'name'], noNullPrototype: true }
  ),
  fc.record({ kind: fc.constant('knock' as const), peerId, addresses }),
  fc.record({ kind: fc.constant('knockReply' as const), knockId: bytes(16), peerId, addresses }),
  fc.record({ kind: fc.constant('listUpdate' as const), deviceListChain: chain })
)

const content: fc.Arbitrary<Content> = fc.record(
  {
    id: hexId.map((id) => id as MessageId),
    clock,
    ownList: version,
    yourList: version,
    replaces: fc.array(
      hexId.map((id) => id as EnvelopeId),
      { minLength: 1, maxLength: LIMITS.replacedEnvelopes }
    ),
    body,
  },
  { requiredKeys: ['id', 'clock', 'body'], noNullPrototype: true }
)

const honest: Content = {
  id: '0192f0c1a2b37c4d8e5f60718293a4b5' as MessageId,
  clock: { physical: 1_790_000_000_000, logical: 2 },
  body: { kind: 'text', text: 'até já 🌻' },
}
const raw = (change: object) =>
  toBinary(
    ContentSchema,
    create(ContentSchema, {
      id: new Uint8Array(16).fill(1),
      clock: { physical: 1n, logical: 0 },
      body: { case: 'text', value: { text: 'hi' } },
      ...change,
    } as never)
  )
const reasonOf = (serialized: Uint8Array): string => {
  const parsed = parseContent(serialized)
  return parsed.ok ? 'fine' : parsed.error.reason
}
const key = new Uint8Array(32)
const hello = { profile: { name: 'Ana' }, deviceListChain: Uint8Array.of(1), deliveryKey: key }

describe('contents', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(content, (one) => {
        expect(parseContent(encodeContent(one))).toEqual({ ok: true, value: one })
      }),
      RUNS
    )
  })

  test('hold texts of any script up to 64 KiB, and not a byte more', () => {
    const longest = { ...honest, body: { kind: 'text' as const, text: '語'.repeat(21_845) + 'a' } }
    expect(parseContent(encodeContent(longest))).toEqual({ ok: true, value: longest })
    expect(
      reasonOf(encodeContent({ ...honest, body: { kind: 'text', text: `${longest.body.text}b` } }))
    ).toBe('malformed')
  })

  test('of a kind that is not known yet are told from broken ones', () => {
    expect(reasonOf(raw({ body: { case: undefined } }))).toBe('unknown')
    expect(reasonOf(Uint8Array.of(...raw({ body: { case: undefined } }), 0xf2, 0x3f, 0x01, 0x00))).toBe(
      'unknown'
    )
  })

  test.each([
    ['nothing', new Uint8Array()],
    ['a short id', raw({ id: new Uint8Array(15) })],
    ['no clock', raw({ clock: undefined })],
    ['a clock at zero', raw({ clock: { physical: 0n, logical: 0 } })],
    ['a clock beyond counting', raw({ clock: { physical: 2n ** 60n, logical: 0 } })],
    ['an empty text', raw({ body: { case: 'text', value: { text: '' } } })],
    [
      'a text that stays too long',
      raw({ body: { case: 'text', value: { text: 'a', vanishAfter: 2_419_201 } } }),
    ],
    [
      'a text under a timer without a time',
      raw({ body: { case: 'text', value: { text: 'a', vanishAfter: 1, vanishSet: {} } } }),
    ],
    ['a timer that nobody chose', raw({ body: { case: 'vanish', value: { after: 1 } } })],
    [
      'a timer that is too long',
      raw({ body: { case: 'vanish', value: { after: 2_419_201, set: { physical: 1n } } } }),
    ],
    [
      'a timer after which none can be chosen',
      raw({
        body: { case: 'vanish', value: { after: 1, set: { physical: BigInt(Number.MAX_SAFE_INTEGER) } } },
      }),
    ],
    [
      'a receipt of no kind',
      raw({ body: { case: 'receipt', value: { kind: 0, messageIds: [new Uint8Array(16)] } } }),
    ],
    [
      'a receipt for nothing',
      raw({ body: { case: 'receipt', value: { kind: Receipt_Kind.READ, messageIds: [] } } }),
    ],
    [
      'a receipt with a short id',
      raw({ body: { case: 'receipt', value: { kind: Receipt_Kind.READ, messageIds: [new Uint8Array(8)] } } }),
    ],
    [
      'a receipt too long',
      raw({
        body: {
          case: 'receipt',
          value: { kind: 1, messageIds: Array.from({ length: 257 }, () => new Uint8Array(16)) },
        },
      }),
    ],
    [
      'a hello without a name',
      raw({ body: { case: 'contactRequest', value: { ...hello, profile: undefined } } }),
    ],
    [
      'a hello whose name reorders',
      raw({ body: { case: 'contactRequest', value: { ...hello, profile: { name: 'a\u202eb' } } } }),
    ],
    [
      'a hello without a list',
      raw({ body: { case: 'contactRequest', value: { ...hello, deviceListChain: new Uint8Array() } } }),
    ],
    [
      'a hello with a list too long',
      raw({
        body: {
          case: 'contactRequest',
          value: { ...hello, deviceListChain: new Uint8Array(LIMITS.listChainBytes + 1) },
        },
      }),
    ],
    [
      'a hello with a short key',
      raw({ body: { case: 'contactRequest', value: { ...hello, deliveryKey: key.subarray(1) } } }),
    ],
    ['an acceptance without a profile key', raw({ body: { case: 'contactAccept', value: hello } })],
    [
      'a profile with a long key',
      raw({ body: { case: 'profile', value: { name: 'Ana', deliveryKey: new Uint8Array(33) } } }),
    ],
    ['a knock from nobody', raw({ body: { case: 'knock', value: { peerId: '', addresses: [] } } })],
    [
      'a knock with a path for a peer',
      raw({ body: { case: 'knock', value: { peerId: '../'.repeat(16), addresses: [] } } }),
    ],
    [
      'a knock from everywhere',
      raw({
        body: {
          case: 'knock',
          value: { peerId: 'Q'.repeat(46), addresses: Array.from({ length: 9 }, () => '/ip4/1.1.1.1') },
        },
      }),
    ],
    [
      'an answer to no knock',
      raw({
        body: {
          case: 'knockReply',
          value: { knockId: new Uint8Array(4), peerId: 'Q'.repeat(46), addresses: [] },
        },
      }),
    ],
    ['an envelope id cut short', raw({ replacesEnvelopes: [new Uint8Array(3)] })],
    [
      'more replaced envelopes than there can be',
      raw({ replacesEnvelopes: Array.from({ length: 9 }, () => new Uint8Array(16)) }),
    ],
    ['more than a content may be', new Uint8Array(LIMITS.contentBytes + 1)],
  ])('with %s are malformed', (_, serialized) => {
    expect(reasonOf(serialized)).toBe('malformed')
  })

  test('with text that is not UTF-8 are malformed', () => {
    const serialized = raw({ body: { case: 'text', value: { text: 'hi' } } })
    const broken = serialized.slice()
    broken[broken.length - 1] = 0xff
    expect(reasonOf(serialized)).toBe('fine')
    expect(reasonOf(broken)).toBe('malformed')
  })

  test('of a newer list than can be are taken without it', () => {
    const parsed = parseContent(raw({ ownList: { revision: 3n, hash: new Uint8Array(31) } }))
    expect(parsed.ok && parsed.value.ownList).toBe(undefined)
    expect(parsed.ok).toBe(true)
  })

  test('of any bytes end in a content within bounds or a typed error', () => {
    const serialized = content.map(encodeContent)
    const broken = fc.tuple(serialized, damage).map(([whole, change]) => damaged(whole, change))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 500 }), broken), (input) => {
        const parsed = parseContent(input)
        if (!parsed.ok) {
          expect(parsed.error.kind).toBe('content')
          expect(['malformed', 'unknown']).toContain(parsed.error.reason)
          return
        }
        expect(parsed.value.id).toMatch(/^[0-9a-f]{32}$/)
        expect(parsed.value.clock.physical).toBeGreaterThan(0)
        expect(parseContent(encodeContent(parsed.value))).toEqual(parsed)
      }),
      { numRuns: 3_000 }
    )
  })
})

import fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '../../../src/lib/bytes.ts'
import {
  contentDigest,
  signRequest,
  verifyRequest,
  type RequestKey,
  type RequestParts,
  type SignatureHeaders,
} from '../../../src/protocol/http-signature.ts'
import { parseAccountId, parseDeviceId } from '../../../src/protocol/ids.ts'
import { newKeyPair, type KeyPair } from '../../contract/relay/kit/device.ts'

const NOW = 1_800_000_000_000
const FRESH = { created: NOW, nonce: 'AAAAAAAAAAAAAAAAAAAAAA' }
const PARTS: RequestParts = {
  method: 'PUT',
  url: 'https://relay.example/v1/keys?x=1',
  body: utf8('{"keys":[]}'),
}
let pair: KeyPair
let key: RequestKey
let headers: SignatureHeaders

beforeAll(async () => {
  pair = await newKeyPair()
  const account = parseAccountId(randomUUID())
  const device = parseDeviceId(12)
  if (!account || !device) throw new Error('no device')
  key = { account, device, sign: pair.sign }
  headers = await signRequest(PARTS, key, FRESH)
})

const verify = (
  parts: RequestParts = PARTS,
  given: Partial<SignatureHeaders> = headers,
  now = NOW,
  found: Uint8Array | undefined = pair.publicKey
) =>
  verifyRequest(
    parts,
    given,
    async (account, device) => (account === key.account && device === key.device ? found : undefined),
    now
  )
const reason = async (...args: Parameters<typeof verify>): Promise<string> => {
  const result = await verify(...args)
  return result.ok ? 'good' : result.error.reason
}

describe('signed requests', () => {
  test('say who signed', async () => {
    expect(await verify()).toEqual({
      ok: true,
      value: { account: key.account, device: key.device, created: NOW, nonce: FRESH.nonce },
    })
  })

  test('look as RFC 9421 wants them', () => {
    expect(headers['content-digest']).toMatch(/^sha-256=:[A-Za-z0-9+/]{43}=:$/)
    expect(headers['signature-input']).toBe(
      `mepassa=("@method" "@authority" "@path" "@query" "content-digest");created=${NOW / 1000};nonce="${FRESH.nonce}";keyid="${key.account}.12";alg="ed25519"`
    )
    expect(headers.signature).toMatch(/^mepassa=:[A-Za-z0-9+/=]{88}:$/)
    // RFC 9530, appendix D: the digest of an empty body.
    expect(contentDigest(new Uint8Array())).toBe('sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:')
  })

  test.each<[string, Partial<RequestParts>]>([
    ['method', { method: 'POST' }],
    ['host', { url: 'https://other.example/v1/keys?x=1' }],
    ['port', { url: 'https://relay.example:8443/v1/keys?x=1' }],
    ['path', { url: 'https://relay.example/v1/key?x=1' }],
    ['query', { url: 'https://relay.example/v1/keys?x=2' }],
  ])('cover the %s', async (_name, change) => {
    expect(await reason({ ...PARTS, ...change })).toBe('invalid')
  })

  test('cover the body through its digest', async () => {
    expect(await reason({ ...PARTS, body: utf8('{}') })).toBe('digest')
    const forged = { ...headers, 'content-digest': contentDigest(utf8('{}')) }
    expect(await reason({ ...PARTS, body: utf8('{}') }, forged)).toBe('invalid')
  })

  test('are good for a minute', async () => {
    expect(await reason(PARTS, headers, NOW + 60_000)).toBe('good')
    expect(await reason(PARTS, headers, NOW + 61_000)).toBe('stale')
    expect(await reason(PARTS, headers, NOW - 61_000)).toBe('stale')
  })

  test('need a known key', async () => {
    const other = await newKeyPair()
    expect(await reason(PARTS, headers, NOW, other.publicKey)).toBe('invalid')
    expect(await reason(PARTS, headers, NOW, new Uint8Array(31))).toBe('invalid')
    const stranger = { ...headers, 'signature-input': headers['signature-input'].replace('.12"', '.13"') }
    expect(await reason(PARTS, stranger)).toBe('unknown-key')
  })

  test('need all parts, and all components', async () => {
    for (const name of ['signature', 'signature-input', 'content-digest'] as const) {
      const { [name]: _gone, ...rest } = headers
      expect(await reason(PARTS, rest)).toBe('missing')
    }
    const less = { ...headers, 'signature-input': headers['signature-input'].replace(' "@path"', '') }
    expect(await reason(PARTS, less)).not.toBe('good')
    const named = {
      ...headers,
      'signature-input': headers['signature-input'].replace(/keyid="[^"]*"/, 'keyid="x"'),
    }
    expect(await reason(PARTS, named)).toBe('malformed')
    expect(await reason(PARTS, { ...headers, signature: 'x'.repeat(1_025) })).toBe('malformed')
  })

  test('headers of any shape are typed errors', async () => {
    const piece = fc.constantFrom(
      'mepassa',
      '=',
      '(',
      ')',
      '"',
      '@method',
      ';',
      'created',
      ':',
      'AAAA',
      ',',
      ' ',
      '1',
      '?1',
      '%"',
      '@1',
      '\\'
    )
    const garbage = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
    const mutated = (text: () => string) =>
      fc
        .tuple(fc.nat(200), garbage)
        .map(([at, what]) => text().slice(0, at) + what + text().slice(at + what.length))
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          garbage,
          mutated(() => headers['signature-input'])
        ),
        fc.oneof(
          garbage,
          mutated(() => headers.signature),
          fc.constant('').map(() => headers.signature)
        ),
        async (input, signature) => {
          const result = await verify(PARTS, { ...headers, 'signature-input': input, signature })
          if (!result.ok) expect(result.error.kind).toBe('request-signature')
          // White space around a header's value is not part of it (RFC 9110 §5.5).
          else
            expect([input.trim(), signature.trim()]).toEqual([headers['signature-input'], headers.signature])
        }
      ),
      { numRuns: 1_000 }
    )
  })

  test('a nonce has a form', async () => {
    await expect(signRequest(PARTS, key, { created: NOW, nonce: 'short' })).rejects.toThrow(TypeError)
  })
})

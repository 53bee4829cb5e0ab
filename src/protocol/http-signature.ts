/**
 * Signed requests of devices to relays: HTTP Message Signatures (RFC 9421) with Ed25519, over the method, the authority, path and query
 * and the digest of the body (RFC 9530). Both ends take the list of components from here.
 */
import { createSignature, isSignatureError, verifySignature } from 'http-message-sig'
import type { FieldOccurrence, RequestDescriptor } from 'http-message-sig'
import { err, ok, type Result } from '../lib/result.ts'
import { verifyEd25519 } from './ed25519.ts'
import { parseAccountId, parseDeviceId, type AccountId, type DeviceId } from './ids.ts'
import { LIMITS } from './limits.ts'
import { sha256 } from './sha256.ts'

const COMPONENTS = ['@method', '@authority', '@path', '@query', 'content-digest']
const PARAMETERS = ['created', 'nonce', 'keyid']
const ALGORITHM = 'ed25519'
const LABEL = 'mepassa'
const NONCE = /^[A-Za-z0-9_-]{16,64}$/
const HEADER_CHARACTERS = 1_024

/** What a signature covers. `url` is absolute; `body` is empty for requests without one. */
export interface RequestParts {
  readonly method: string
  readonly url: string
  readonly body: Uint8Array
}

/** Who signs: a device and its request key. */
export interface RequestKey {
  readonly account: AccountId
  readonly device: DeviceId
  /** Ed25519 over the bytes, 64 bytes. */
  sign(data: Uint8Array): Promise<Uint8Array>
}

/** The freshness of one request: ms since 1970, and 16 to 64 characters of base64url never used before. */
export interface Freshness {
  readonly created: number
  readonly nonce: string
}

/** The three headers of a signed request. */
export interface SignatureHeaders {
  readonly 'content-digest': string
  readonly signature: string
  readonly 'signature-input': string
}

/** A request that was really signed by the key found for this device. */
export interface VerifiedRequest extends Freshness {
  readonly account: AccountId
  readonly device: DeviceId
}

export interface RequestSignatureError {
  readonly kind: 'request-signature'
  readonly reason: 'missing' | 'malformed' | 'digest' | 'stale' | 'unknown-key' | 'invalid'
}

/** `Content-Digest` of a body (RFC 9530 §2). */
export const contentDigest = (body: Uint8Array): string =>
  `sha-256=:${btoa(String.fromCharCode(...sha256(body)))}:`

/** Signs a request; returns the headers to send with it. */
export const signRequest = async (
  parts: RequestParts,
  key: RequestKey,
  freshness: Freshness
): Promise<SignatureHeaders> => {
  if (!NONCE.test(freshness.nonce)) throw new TypeError('nonce: 16 to 64 characters of base64url')
  const digest = contentDigest(parts.body)
  const { signature, signatureInput } = await createSignature(
    descriptor(parts, { 'content-digest': digest }),
    {
      label: LABEL,
      components: COMPONENTS,
      parameters: {
        created: Math.floor(freshness.created / 1000),
        nonce: freshness.nonce,
        keyid: `${key.account}.${key.device}`,
        alg: ALGORITHM,
      },
      signer: { algorithm: ALGORITHM, sign: (data) => key.sign(data) },
    }
  )
  return { 'content-digest': digest, signature, 'signature-input': signatureInput }
}

/**
 * Checks a signed request: coverage, digest of the received body, age (60 s either way) and signature. A nonce used before is for
 * the caller to refuse, who has the memory for it.
 * @param find the public request key of a device, 32 bytes; undefined if there is none
 * @param now ms since 1970
 */
export const verifyRequest = async (
  parts: RequestParts,
  headers: { readonly [Name in keyof SignatureHeaders]?: string | undefined },
  find: (account: AccountId, device: DeviceId) => Promise<Uint8Array | undefined>,
  now: number
): Promise<Result<VerifiedRequest, RequestSignatureError>> => {
  const { signature, 'signature-input': input, 'content-digest': digest } = headers
  if (signature === undefined || input === undefined || digest === undefined) return failed('missing')
  if ([signature, input, digest].some((value) => value.length > HEADER_CHARACTERS)) return failed('malformed')
  if (digest !== contentDigest(parts.body)) return failed('digest')
  const seconds = Math.floor(now / 1000)
  const age = LIMITS.requestAge / 1000
  let who: VerifiedRequest | undefined
  let reason: RequestSignatureError['reason'] | undefined
  try {
    await verifySignature(
      descriptor(parts, { signature, 'signature-input': input, 'content-digest': digest }),
      {
        label: LABEL,
        policy: {
          algorithms: [ALGORITHM],
          requiredComponents: COMPONENTS,
          requiredParameters: PARAMETERS,
          now: seconds,
        },
        resolveVerifier: async ({ parameters }) => {
          const created = parameters.created ?? 0
          who = signerOf(parameters.keyid ?? '', created * 1000, parameters.nonce ?? '')
          if (!who) reason = 'malformed'
          else if (Math.abs(seconds - created) > age) reason = 'stale'
          const key = who && reason === undefined ? await find(who.account, who.device) : undefined
          if (reason === undefined && !key) reason = 'unknown-key'
          return {
            algorithm: ALGORITHM,
            verify: async (data, bytes) => key !== undefined && verifyEd25519(key, data, bytes),
          }
        },
      }
    )
  } catch (error) {
    // The library's own errors, a header that is no structured field among them; anything else is a fault of ours.
    if (!isSignatureError(error) || error.code === 'ResolverFailed') throw error
    return failed(reason ?? reasonOf(error.code))
  }
  return who ? ok(who) : failed('malformed')
}

const reasonOf = (code: string): RequestSignatureError['reason'] => {
  if (code === 'VerificationFailed') return 'invalid'
  return code === 'PolicyViolation' ? 'stale' : 'malformed'
}

const signerOf = (keyId: string, created: number, nonce: string): VerifiedRequest | undefined => {
  const [name = '', number = '', ...rest] = keyId.split('.')
  const account = parseAccountId(name)
  const device = /^[1-9][0-9]{0,2}$/.test(number) ? parseDeviceId(Number(number)) : undefined
  if (!account || !device || rest.length > 0 || !NONCE.test(nonce)) return undefined
  return { account, device, created, nonce }
}

const descriptor = (parts: RequestParts, headers: Readonly<Record<string, string>>): RequestDescriptor => ({
  kind: 'request',
  method: parts.method,
  targetUri: parts.url,
  fields: Object.entries(headers).map(([name, value]): FieldOccurrence => ({ name, value })),
})

const failed = (reason: RequestSignatureError['reason']): Result<never, RequestSignatureError> =>
  err({ kind: 'request-signature', reason })

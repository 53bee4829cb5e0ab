import { hash as digest } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { parseAccountId, type AccountId } from '../../src/protocol/ids.ts'
import { KEY_HEADER } from '../../src/protocol/relay-api.ts'
import { refuse, refuseKey } from '../errors.ts'
import type { KeyKind, KeyStore } from './key-store.ts'

const KEY_BYTES = 32

/** What a request shows, not yet held against anything. */
export interface ShownKey {
  readonly account: AccountId
  readonly hash: Uint8Array
  /** Account and key as one name, for limits. */
  readonly name: string
}

/** A request that showed a key of the recipient, and nothing of its sender. */
export interface KeyedRequest extends ShownKey {
  readonly kind: KeyKind
}

/** Reads the account in a request's path and its key; refuses what has not their form. */
export const shownKey = (request: FastifyRequest): ShownKey => {
  const { account: id } = request.params as { account?: string }
  const account = parseAccountId(id ?? '')
  if (!account) return refuse('malformed', 'the account id is no UUID in lower case')
  const key = keyOf(request.headers[KEY_HEADER])
  if (!key) return refuse('unauthorized', `${KEY_HEADER} must be 32 bytes of base64url`)
  // As text first: that way it takes a quarter of the time.
  const text = digest('sha256', key, 'base64url')
  return { account, hash: Buffer.from(text, 'base64url'), name: `${account}.${text}` }
}

/** The key of a header, if that is its one canonical text. */
const keyOf = (header: string | readonly string[] | undefined): Buffer | undefined => {
  if (typeof header !== 'string' || header.length > 64) return undefined
  const key = Buffer.from(header, 'base64url')
  return key.length === KEY_BYTES && key.toString('base64url') === header ? key : undefined
}

/** Checks the key of a request to the account in its path; refuses with one answer for an unknown account and a wrong key. */
export const checkKey = async (
  request: FastifyRequest,
  keys: Pick<KeyStore, 'match'>,
  now: number,
  kinds: readonly KeyKind[] = ['delivery', 'request']
): Promise<KeyedRequest> => {
  const shown = shownKey(request)
  const kind = await keys.match(shown.account, shown.hash, now)
  if (!kind || !kinds.includes(kind)) return refuseKey()
  return { ...shown, kind }
}

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { concatBytes, equalBytes, fromBase64Url, toBase64Url } from '../lib/bytes.ts'
import { err, ok, type Result } from '../lib/result.ts'
import { accountIdOf, isPublicKey } from './account.ts'
import { InviteSchema, type Invite as InviteMessage } from './gen/identity_pb.js'
import { accountIdBytes, type AccountId } from './ids.ts'
import { LIMITS } from './limits.ts'
import { isPrintableName } from './names.ts'
import { NOTHING_UNKNOWN } from './nothing-unknown.ts'
import { isRelayOrigin } from './relay-origin.ts'
import { sha256 } from './sha256.ts'

/** What an invite link carries, all of it in the fragment. Keys: `accountKey` 33 bytes, `requestKey` 32; `expiresAt` ms since 1970. */
export interface Invite {
  readonly account: AccountId
  readonly accountKey: Uint8Array
  readonly requestKey: Uint8Array
  readonly expiresAt: number
  readonly relays: readonly string[]
  readonly name: string
}

export type InviteError = {
  readonly kind: 'input'
  readonly reason:
    'link-malformed' | 'link-truncated' | 'link-newer-version' | 'link-tampered' | 'link-expired'
}

/** Payload: version ‖ BE16 length of the protobuf ‖ protobuf ‖ first 8 bytes of SHA-256 over all before. */
const VERSION = 1
const HEADER = 3
const CHECKSUM = 8
const MARK = '#/invite/'

/** The link for an invite; `base` is the app's address up to the fragment. */
export const formatInvite = (base: string, invite: Invite): string => {
  const body = toBinary(
    InviteSchema,
    create(InviteSchema, {
      version: VERSION,
      accountId: accountIdBytes(invite.account),
      accountKey: invite.accountKey,
      requestKey: invite.requestKey,
      expiresAt: BigInt(invite.expiresAt),
      relays: [...invite.relays],
      name: invite.name,
    })
  )
  const head = concatBytes(Uint8Array.of(VERSION, body.length >> 8, body.length & 0xff), body)
  return `${base.replace(/\/$/, '')}/${MARK}${toBase64Url(concatBytes(head, sha256(head).subarray(0, CHECKSUM)))}`
}

/** Reads a whole link or its payload alone, and says which way it is broken. Nothing of it is fetched or sent. */
export const parseInvite = (text: string, now: number): Result<Invite, InviteError> => {
  const trimmed = text.trim()
  if (trimmed.length > LIMITS.inviteCharacters) return broken('link-malformed')
  const at = trimmed.indexOf(MARK)
  if (at < 0 && /[/:#\s]/.test(trimmed)) return broken('link-malformed')
  const payload = at < 0 ? trimmed : trimmed.slice(at + MARK.length)
  if (!/^[A-Za-z0-9_-]*$/.test(payload)) return broken('link-malformed')
  if (payload === '') return broken(at < 0 ? 'link-malformed' : 'link-truncated')
  // A cut can fall inside a character group: what is left over then carries no whole byte and is set aside for telling the length.
  const whole = fromBase64Url(payload)
  const bytes =
    whole ?? fromBase64Url(payload.slice(0, payload.length - (payload.length % 4))) ?? new Uint8Array()
  return bytes.length === 0 ? broken('link-truncated') : parsePayload(bytes, whole !== undefined, now)
}

const parsePayload = (bytes: Uint8Array, whole: boolean, now: number): Result<Invite, InviteError> => {
  if (bytes[0]! > VERSION) return broken('link-newer-version')
  if (bytes[0] !== VERSION) return broken('link-malformed')
  if (bytes.length < HEADER) return broken('link-truncated')
  const end = HEADER + ((bytes[1]! << 8) | bytes[2]!)
  if (bytes.length < end + CHECKSUM) return broken('link-truncated')
  if (!whole || bytes.length > end + CHECKSUM) return broken('link-tampered')
  const checksum = sha256(bytes.subarray(0, end)).subarray(0, CHECKSUM)
  if (!equalBytes(checksum, bytes.subarray(end))) return broken('link-tampered')
  let message: InviteMessage
  try {
    message = fromBinary(InviteSchema, bytes.subarray(HEADER, end), NOTHING_UNKNOWN)
  } catch {
    return broken('link-malformed')
  }
  return checked(message, now)
}

const checked = (message: InviteMessage, now: number): Result<Invite, InviteError> => {
  const { accountKey, requestKey, relays, name } = message
  const expiresAt = Number(message.expiresAt)
  if (!isPublicKey(accountKey) || requestKey.length !== 32 || !Number.isSafeInteger(expiresAt))
    return broken('link-malformed')
  const account = accountIdOf(accountKey)
  // The id is the key's own hash: one that is not was put together by somebody else.
  if (!equalBytes(accountIdBytes(account), message.accountId)) return broken('link-tampered')
  if (relays.length === 0 || relays.length > LIMITS.relays || !relays.every(isRelayOrigin))
    return broken('link-malformed')
  if (!isPrintableName(name)) return broken('link-malformed')
  if (expiresAt <= now) return broken('link-expired')
  return ok({ account, accountKey, requestKey, expiresAt, relays, name })
}

const broken = (reason: InviteError['reason']): Result<never, InviteError> => err({ kind: 'input', reason })

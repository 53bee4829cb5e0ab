/**
 * The relay's HTTP API `/v1`: the schemas that both ends check with.
 *
 * Bodies are JSON with these schemas or, where named so, protobuf (`application/x-protobuf`). Every error answers
 * `{ code, message }` with a code of `RELAY_ERROR_CODES`. Four kinds of credentials:
 * - none: `GET info`, `GET openapi.json`, `GET lists/:locator`, `GET blobs/:blob`;
 * - `signed`: HTTP Message Signatures (RFC 9421), Ed25519 by the device's request key, keyid `<account>.<device>`, covering
 *   `@method @authority @path @query content-digest`, with `created` and `nonce`;
 * - `keyed`: header `mepassa-key` with a delivery or request key of the *recipient*, base64url, and nothing of the sender;
 * - `upload`: header `mepassa-upload-token`, see blobs.ts.
 */
import * as v from 'valibot'
import { IceServersSchema, StunServersSchema } from './ice-servers.ts'
import { LIMITS } from './limits.ts'
import { base64Url } from './wire-text.ts'

const uuid = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/))
const deviceId = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(127))
const uint32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff))
const time = v.pipe(v.number(), v.integer(), v.minValue(0))

export const KEY_HEADER = 'mepassa-key'

/** Paths; `:name` is a parameter. */
export const RELAY_PATHS = {
  /** GET → Info */
  info: '/v1/info',
  /** GET, signed → TurnAccess: STUN and TURN servers with credentials that last for hours */
  iceServers: '/v1/ice-servers',
  /** GET → the OpenAPI document of this API */
  openapi: '/v1/openapi.json',
  /** POST Registration, signed by the key being registered → 201, or 200 when it was there already */
  devices: '/v1/devices',
  /** PUT DeviceRemoval, signed by another device of the account → 204 */
  removal: '/v1/devices/:device/removal',
  /** GET → SealedListRecord (protobuf); PUT SealedListRecord (protobuf), signed → 204, or 409 with the newer one */
  list: '/v1/lists/:locator',
  /** PUT sealed bytes, signed → 204; DELETE, signed → 204 */
  endpoint: '/v1/endpoint',
  /** GET, keyed with a delivery key → Endpoints */
  endpoints: '/v1/endpoints/:account',
  /** PUT PreKeyUpload, signed → PreKeyCounts; GET, signed → PreKeyCounts */
  prekeys: '/v1/prekeys',
  /** POST, keyed → Bundles; takes one one-time key of each device */
  claim: '/v1/prekeys/:account/claim',
  /** PUT AccessKeys, signed → 204; replaces all */
  keys: '/v1/keys',
  /** POST Deposit (protobuf), keyed → Deposited once durable, or 409 StaleList */
  deposit: '/v1/mailboxes/:account',
  /** POST FanOut (protobuf) → FannedOut once durable */
  fanOut: '/v1/mailboxes',
  /** GET, signed → MailboxPage (protobuf): the oldest unacknowledged */
  mailbox: '/v1/mailbox',
  /** POST Acknowledgement, signed → 204 */
  ack: '/v1/mailbox/ack',
  /** PUT UploadToken, signed → UploadGrant */
  uploadTokens: '/v1/upload-tokens',
  /** POST BlobStart, upload → BlobProgress: 201 when nothing is there yet, else 200 */
  blobs: '/v1/blobs',
  /** PATCH bytes at `upload-offset`, upload → BlobProgress, or 409 BlobConflict; HEAD → `upload-offset`, `upload-length`; GET → bytes, with ranges */
  blob: '/v1/blobs/:blob',
  /** PUT PushRegistration, signed → 204, or 409 when this endpoint has ended; DELETE, signed → 204 */
  push: '/v1/push',
  /** POST PushRenewal → 204: the browser has changed its subscription while no page was open */
  pushRenewal: '/v1/push/renewal',
  /** PUT PushDevices, signed → 204: subscriptions of the account's other devices end */
  pushDevices: '/v1/push/devices',
} as const

/** Where libp2p's WebSocket upgrade lies on the same port. */
export const LIBP2P_PATH = '/p2p'

export const RELAY_ERROR_CODES = [
  'malformed',
  'unauthorized',
  'forbidden',
  /** 403 of a registration: a new account needs an invitation to this relay */
  'uninvited',
  /** 403 of a registration: the device was removed from its account */
  'device-removed',
  'not-found',
  'conflict',
  'list-changed',
  /** 409 of a registration: an older copy of the device */
  'device-behind',
  'too-large',
  'quota',
  'rate-limited',
  'unavailable',
] as const
export type RelayErrorCode = (typeof RELAY_ERROR_CODES)[number]
export const RelayErrorSchema = v.object({
  code: v.picklist(RELAY_ERROR_CODES),
  message: v.pipe(v.string(), v.maxLength(300)),
})

export const InfoSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(100)),
  version: v.pipe(v.string(), v.maxLength(50)),
  peerId: v.pipe(v.string(), v.maxLength(128)),
  /** Multiaddrs with `/p2p/<peer id>`, the preferred first. */
  addresses: v.pipe(v.array(v.pipe(v.string(), v.maxLength(LIMITS.addressCharacters))), v.maxLength(16)),
  /** STUN alone; TURN takes credentials, see `iceServers` of the paths. */
  iceServers: StunServersSchema,
  mailboxTtlSeconds: v.pipe(v.number(), v.integer(), v.minValue(60)),
  time,
})
export type Info = v.InferOutput<typeof InfoSchema>

/** `ttlSeconds`: so long the credentials let in, from now on; a connection that was made with them lives on. */
export const TurnAccessSchema = v.object({
  iceServers: IceServersSchema,
  ttlSeconds: v.pipe(v.number(), v.integer(), v.minValue(60)),
})
export type TurnAccess = v.InferOutput<typeof TurnAccessSchema>

export const RegistrationSchema = v.strictObject({
  accountId: uuid,
  deviceId,
  requestKey: base64Url(32),
  publishKey: base64Url(32),
  /** Invitation code of a relay that is not open. */
  invite: v.optional(v.pipe(v.string(), v.maxLength(64))),
  /** Lets a further device of the account in: by the publish key, 64 bytes. */
  approval: v.optional(base64Url(64)),
  /**
   * Which start of the device this is, so that a copy of its data is noticed: `count` goes up with each start, `id` names it. Refused with
   * `device-behind` when another start has counted as far.
   */
  start: v.optional(v.strictObject({ count: v.pipe(time, v.minValue(1)), id: base64Url(16) })),
})
export type Registration = v.InferOutput<typeof RegistrationSchema>

/** `approval`: by the publish key of the account, over the device's number, 64 bytes. */
export const DeviceRemovalSchema = v.strictObject({ approval: base64Url(64) })

const signedKey = (bytes: number) =>
  v.strictObject({ id: uint32, publicKey: base64Url(bytes), signature: base64Url(64) })
export const PreKeyUploadSchema = v.strictObject({
  identityKey: base64Url(33),
  registrationId: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0x3fff)),
  signedPreKey: signedKey(33),
  lastResortKyber: signedKey(1569),
  preKeys: v.pipe(
    v.array(v.strictObject({ id: uint32, publicKey: base64Url(33) })),
    v.maxLength(LIMITS.prekeyBatch)
  ),
  kyberPreKeys: v.pipe(v.array(signedKey(1569)), v.maxLength(LIMITS.prekeyBatch)),
})
export type PreKeyUpload = v.InferOutput<typeof PreKeyUploadSchema>
export const PreKeyCountsSchema = v.object({ preKeys: uint32, kyberPreKeys: uint32 })
export type PreKeyCounts = v.InferOutput<typeof PreKeyCountsSchema>

export const BundlesSchema = v.object({
  devices: v.pipe(
    v.array(
      v.object({
        deviceId,
        registrationId: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0x3fff)),
        identityKey: base64Url(33),
        signedPreKey: signedKey(33),
        kyberPreKey: signedKey(1569),
        preKey: v.optional(v.strictObject({ id: uint32, publicKey: base64Url(33) })),
      })
    ),
    v.maxLength(LIMITS.devices)
  ),
})
export type Bundles = v.InferOutput<typeof BundlesSchema>

/** Keys as SHA-256 hashes, base64url. */
export const AccessKeysSchema = v.strictObject({
  keys: v.pipe(
    v.array(
      v.strictObject({
        hash: base64Url(32),
        kind: v.picklist(['delivery', 'request']),
        expiresAt: v.nullable(time),
      })
    ),
    v.maxLength(64)
  ),
})
export type AccessKeys = v.InferOutput<typeof AccessKeysSchema>

export const EndpointsSchema = v.object({
  devices: v.pipe(
    v.array(v.object({ deviceId, sealed: v.pipe(v.string(), v.maxLength(LIMITS.endpointBytes * 2)) })),
    v.maxLength(LIMITS.devices)
  ),
})
export type Endpoints = v.InferOutput<typeof EndpointsSchema>

/** `forwarded`: how many of the entries went at once to a connected device. */
export const DepositedSchema = v.object({
  stored: v.pipe(v.number(), v.integer(), v.minValue(0)),
  forwarded: v.pipe(v.number(), v.integer(), v.minValue(0)),
})
export type Deposited = v.InferOutput<typeof DepositedSchema>

/**
 * What became of each recipient of a FanOut, in their order; `stored`: of so many devices. `forbidden`: the key opens nothing, or there is no
 * such account. `quota` and `not-found`: some devices were not served. `rate-limited`: too many messages came with this key; later it takes more.
 */
export const FannedOutSchema = v.object({
  recipients: v.pipe(
    v.array(
      v.object({
        code: v.picklist(['stored', 'forbidden', 'list-changed', 'quota', 'not-found', 'rate-limited']),
        stored: v.pipe(v.number(), v.integer(), v.minValue(0)),
        /** Of the newer list, with `list-changed`. */
        listRevision: v.optional(time),
      })
    ),
    v.maxLength(LIMITS.fanOutDevices)
  ),
  forwarded: v.pipe(v.number(), v.integer(), v.minValue(0)),
})
export type FannedOut = v.InferOutput<typeof FannedOutSchema>

/** A subscription at a push service (RFC 8030, RFC 8291): P-256 point and authentication secret of the browser. */
export const PushSubscriptionSchema = v.strictObject({
  endpoint: v.pipe(v.string(), v.minLength(9), v.maxLength(LIMITS.pushEndpointCharacters)),
  p256dh: base64Url(65),
  auth: base64Url(16),
})
export type PushSubscriptionKeys = v.InferOutput<typeof PushSubscriptionSchema>

/** `vapid`: the device's own P-256 pair (RFC 8292). `token`: goes with every push from this relay, and renews the subscription. */
export const PushRegistrationSchema = v.strictObject({
  subscription: PushSubscriptionSchema,
  vapid: v.strictObject({ publicKey: base64Url(65), privateKey: base64Url(32) }),
  token: base64Url(32),
})
export type PushRegistration = v.InferOutput<typeof PushRegistrationSchema>

export const PushRenewalSchema = v.strictObject({
  token: base64Url(32),
  subscription: PushSubscriptionSchema,
})
export type PushRenewal = v.InferOutput<typeof PushRenewalSchema>

export const PushDevicesSchema = v.strictObject({
  devices: v.pipe(v.array(deviceId), v.minLength(1), v.maxLength(LIMITS.devices)),
})

/** What a push says, as JSON padded with spaces to one length. `preview`: base64url. */
export const PushPayloadSchema = v.object({
  kind: v.picklist(['notify', 'call']),
  token: base64Url(32),
  preview: v.optional(v.pipe(v.string(), v.maxLength(Math.ceil((LIMITS.previewBytes * 4) / 3)))),
})
export type PushPayload = v.InferOutput<typeof PushPayloadSchema>

/** 409 of a deposit that named an older device list: the newer SealedListRecord, base64url. */
export const StaleListSchema = v.object({
  code: v.literal('list-changed'),
  message: v.string(),
  record: v.pipe(v.string(), v.maxLength(LIMITS.listRecordBytes * 2)),
})

export const AcknowledgementSchema = v.strictObject({
  ids: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))), v.minLength(1), v.maxLength(256)),
})

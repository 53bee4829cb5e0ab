/**
 * What the API can do, as data: `openapi.json` is made of it, and the fuzzing of every route. The schemas are those that check the
 * requests and that clients check the answers with.
 */
import type * as v from 'valibot'
import {
  BlobConflictSchema,
  BlobProgressSchema,
  BlobStartSchema,
  UploadGrantSchema,
  UploadTokenSchema,
} from '../../src/protocol/blobs.ts'
import {
  AccessKeysSchema,
  AcknowledgementSchema,
  BundlesSchema,
  DepositedSchema,
  DeviceRemovalSchema,
  EndpointsSchema,
  FannedOutSchema,
  InfoSchema,
  PreKeyCountsSchema,
  PreKeyUploadSchema,
  PushDevicesSchema,
  PushRegistrationSchema,
  PushRenewalSchema,
  RegistrationSchema,
  RELAY_PATHS,
  StaleListSchema,
  TurnAccessSchema,
} from '../../src/protocol/relay-api.ts'

type Schema = v.GenericSchema
/** The name of a message of `src/protocol/proto`. */
type Message = 'SealedListRecord' | 'Deposit' | 'FanOut' | 'MailboxPage'

/** A body: JSON by a schema, a protobuf message, bytes that mean nothing to the relay, or this very document. */
export type Content =
  | { readonly kind: 'json'; readonly name: string; readonly schema: Schema }
  | { readonly kind: 'protobuf'; readonly message: Message }
  | { readonly kind: 'sealed' }
  | { readonly kind: 'document' }

export interface Operation {
  readonly method: 'get' | 'head' | 'put' | 'post' | 'patch' | 'delete'
  readonly path: string
  readonly summary: string
  /** `none`: for all; `signed`: by a device's request key; `keyed`: with a key of the recipient; `upload`: with an upload token. */
  readonly credential: 'none' | 'signed' | 'keyed' | 'upload'
  readonly body?: Content
  /** Answers of success and of conflict, by status; null: an empty body. All others are `{ code, message }`. */
  readonly answers: Readonly<Record<number, Content | null>>
}

const json = (name: string, schema: Schema): Content => ({ kind: 'json', name, schema })
const protobuf = (message: Message): Content => ({ kind: 'protobuf', message })
const stale = json('StaleList', StaleListSchema)
const progress = json('BlobProgress', BlobProgressSchema)
const counts = json('PreKeyCounts', PreKeyCountsSchema)

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: RELAY_PATHS.info,
    summary: 'What the relay is, and where its libp2p node is reached',
    credential: 'none',
    answers: { 200: json('Info', InfoSchema) },
  },
  {
    method: 'get',
    path: RELAY_PATHS.openapi,
    summary: 'This document',
    credential: 'none',
    answers: { 200: { kind: 'document' } },
  },
  {
    method: 'get',
    path: RELAY_PATHS.iceServers,
    summary: 'STUN and TURN servers, with credentials for a while',
    credential: 'signed',
    answers: { 200: json('TurnAccess', TurnAccessSchema) },
  },
  {
    method: 'post',
    path: RELAY_PATHS.devices,
    summary: 'Registers a device; the first of an account binds its publish key. 200: it was there already',
    credential: 'signed',
    body: json('Registration', RegistrationSchema),
    answers: { 200: null, 201: null },
  },
  {
    method: 'put',
    path: RELAY_PATHS.removal,
    summary: 'Removes another device of the account, with all that waits for it; its number never comes back',
    credential: 'signed',
    body: json('DeviceRemoval', DeviceRemovalSchema),
    answers: { 204: null },
  },
  {
    method: 'get',
    path: RELAY_PATHS.list,
    summary: 'The sealed device list at a locator',
    credential: 'none',
    answers: { 200: protobuf('SealedListRecord') },
  },
  {
    method: 'put',
    path: RELAY_PATHS.list,
    summary: 'Publishes a newer sealed device list',
    credential: 'signed',
    body: protobuf('SealedListRecord'),
    answers: { 204: null, 409: stale },
  },
  {
    method: 'put',
    path: RELAY_PATHS.endpoint,
    summary: 'Says where the device is just now, sealed for its contacts; forgotten after two hours',
    credential: 'signed',
    body: { kind: 'sealed' },
    answers: { 204: null },
  },
  {
    method: 'delete',
    path: RELAY_PATHS.endpoint,
    summary: 'Takes the device’s endpoint back',
    credential: 'signed',
    answers: { 204: null },
  },
  {
    method: 'get',
    path: RELAY_PATHS.endpoints,
    summary: 'Sealed endpoints of an account’s devices; with a delivery key only',
    credential: 'keyed',
    answers: { 200: json('Endpoints', EndpointsSchema) },
  },
  {
    method: 'put',
    path: RELAY_PATHS.prekeys,
    summary: 'Uploads prekeys; one-time keys are added to those that are there',
    credential: 'signed',
    body: json('PreKeyUpload', PreKeyUploadSchema),
    answers: { 200: counts },
  },
  {
    method: 'get',
    path: RELAY_PATHS.prekeys,
    summary: 'How many one-time keys are left',
    credential: 'signed',
    answers: { 200: counts },
  },
  {
    method: 'post',
    path: RELAY_PATHS.claim,
    summary: 'Takes one prekey bundle of each device of an account',
    credential: 'keyed',
    answers: { 200: json('Bundles', BundlesSchema) },
  },
  {
    method: 'put',
    path: RELAY_PATHS.keys,
    summary: 'Says which keys open the account’s mailbox, in place of all before',
    credential: 'signed',
    body: json('AccessKeys', AccessKeysSchema),
    answers: { 204: null },
  },
  {
    method: 'post',
    path: RELAY_PATHS.deposit,
    summary: 'Leaves envelopes for devices of an account; answered when they are on disk',
    credential: 'keyed',
    body: protobuf('Deposit'),
    answers: { 200: json('Deposited', DepositedSchema), 409: stale },
  },
  {
    method: 'post',
    path: RELAY_PATHS.fanOut,
    summary:
      'Leaves one sealed-sender message for devices of many accounts, whose delivery keys the body holds',
    credential: 'none',
    body: protobuf('FanOut'),
    answers: { 200: json('FannedOut', FannedOutSchema) },
  },
  {
    method: 'get',
    path: RELAY_PATHS.mailbox,
    summary: 'The oldest envelopes that the device has not acknowledged',
    credential: 'signed',
    answers: { 200: protobuf('MailboxPage') },
  },
  {
    method: 'post',
    path: RELAY_PATHS.ack,
    summary: 'Deletes envelopes that the device has committed',
    credential: 'signed',
    body: json('Acknowledgement', AcknowledgementSchema),
    answers: { 204: null },
  },
  {
    method: 'put',
    path: RELAY_PATHS.uploadTokens,
    summary: 'Makes a token good for uploads; only its hash comes here, and is kept without the account',
    credential: 'signed',
    body: json('UploadToken', UploadTokenSchema),
    answers: { 200: json('UploadGrant', UploadGrantSchema) },
  },
  {
    method: 'post',
    path: RELAY_PATHS.blobs,
    summary: 'Begins an upload of an encrypted attachment, or says how far it is',
    credential: 'upload',
    body: json('BlobStart', BlobStartSchema),
    answers: { 200: progress, 201: progress },
  },
  {
    method: 'patch',
    path: RELAY_PATHS.blob,
    summary:
      'Adds the next piece at upload-offset; answered when it is durable, the last one when the hash is right',
    credential: 'upload',
    body: { kind: 'sealed' },
    answers: { 200: progress, 409: json('BlobConflict', BlobConflictSchema) },
  },
  {
    method: 'head',
    path: RELAY_PATHS.blob,
    summary: 'How far an upload is: upload-offset of upload-length',
    credential: 'none',
    answers: { 200: null },
  },
  {
    method: 'get',
    path: RELAY_PATHS.blob,
    summary: 'The bytes of a whole attachment, or a range of them',
    credential: 'none',
    answers: { 200: { kind: 'sealed' }, 206: { kind: 'sealed' } },
  },
  {
    method: 'put',
    path: RELAY_PATHS.push,
    summary:
      'Has the device woken through a push service when mail comes while it is not connected. 409: this endpoint has ended, subscribe anew',
    credential: 'signed',
    body: json('PushRegistration', PushRegistrationSchema),
    answers: { 204: null },
  },
  {
    method: 'delete',
    path: RELAY_PATHS.push,
    summary: 'Ends that',
    credential: 'signed',
    answers: { 204: null },
  },
  {
    method: 'post',
    path: RELAY_PATHS.pushRenewal,
    summary: 'Puts a new subscription in place of the one whose pushes carry this token',
    credential: 'none',
    body: json('PushRenewal', PushRenewalSchema),
    answers: { 204: null },
  },
  {
    method: 'put',
    path: RELAY_PATHS.pushDevices,
    summary: 'Says which devices of the account there are: subscriptions of others end',
    credential: 'signed',
    body: json('PushDevices', PushDevicesSchema),
    answers: { 204: null },
  },
]

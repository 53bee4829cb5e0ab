import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { err, ok, type Result } from '../lib/result.ts'
import { isPrintableName } from './names.ts'
import type { HybridClock } from './clock.ts'
import {
  ContentSchema,
  Receipt_Kind,
  type Content as ContentMessage,
  type ListVersion as ListVersionMessage,
} from './gen/content_pb.js'
import { envelopeIdFromBytes, idBytes, messageIdFromBytes, type EnvelopeId, type MessageId } from './ids.ts'
import { LIMITS } from './limits.ts'
import { NOTHING_UNKNOWN } from './nothing-unknown.ts'
import { NOTIFICATION_KEY_BYTES } from './notification-key.ts'
import { utf8 } from '../lib/bytes.ts'

/** Revision and SHA-256 of a signed device list. */
export interface ListVersion {
  readonly revision: number
  readonly hash: Uint8Array
}

/** How long messages stay: seconds, 0 for ever; and when that was chosen. Of several the one with the newest clock holds. */
export interface VanishTimer {
  readonly after: number
  readonly set: HybridClock
}

/** What a content says, checked and in plain values. Keys are 32 bytes. */
export type ContentBody =
  | {
      readonly kind: 'text'
      readonly text: string
      /** Absent: it stays. With `set` it says what the chat is set to, too. */
      readonly vanish?: Pick<VanishTimer, 'after'> & Partial<VanishTimer>
    }
  | ({ readonly kind: 'vanish' } & VanishTimer)
  | { readonly kind: 'edit'; readonly message: MessageId; readonly text: string }
  | { readonly kind: 'delete'; readonly message: MessageId }
  | { readonly kind: 'receipt'; readonly receipt: 'delivered' | 'read'; readonly ids: readonly MessageId[] }
  | {
      readonly kind: 'contactRequest'
      readonly name: string
      readonly deviceListChain: Uint8Array
      readonly deliveryKey: Uint8Array
    }
  | {
      readonly kind: 'contactAccept'
      readonly name: string
      readonly deviceListChain: Uint8Array
      readonly deliveryKey: Uint8Array
      readonly profileKey: Uint8Array
      /** 64 bytes; absent when this contact wants no previews. */
      readonly notificationKey?: Uint8Array
    }
  | {
      readonly kind: 'profile'
      readonly name: string
      readonly deliveryKey?: Uint8Array
      readonly profileKey?: Uint8Array
      readonly notificationKey?: Uint8Array
    }
  | { readonly kind: 'knock'; readonly peerId: string; readonly addresses: readonly string[] }
  | {
      readonly kind: 'knockReply'
      readonly knockId: Uint8Array
      readonly peerId: string
      readonly addresses: readonly string[]
    }
  | { readonly kind: 'listUpdate'; readonly deviceListChain: Uint8Array }

/** One content with its frame. */
export interface Content {
  readonly id: MessageId
  readonly clock: HybridClock
  readonly ownList?: ListVersion
  readonly yourList?: ListVersion
  /** Envelopes that carried the same and could not be decrypted. */
  readonly replaces?: readonly EnvelopeId[]
  readonly body: ContentBody
}

/** `unknown`: well formed, of a kind this version does not know. */
export type ContentError = { readonly kind: 'content'; readonly reason: 'malformed' | 'unknown' }

const KEY_BYTES = 32

/** Serializes a content. */
export const encodeContent = (content: Content): Uint8Array =>
  toBinary(
    ContentSchema,
    create(ContentSchema, {
      id: idBytes(content.id),
      clock: clockInit(content.clock),
      ...(content.ownList ? { ownList: versionInit(content.ownList) } : {}),
      ...(content.yourList ? { yourList: versionInit(content.yourList) } : {}),
      replacesEnvelopes: (content.replaces ?? []).map(idBytes),
      body: bodyInit(content.body),
    })
  )

const clockInit = ({ physical, logical }: HybridClock) => ({ physical: BigInt(physical), logical })
const versionInit = (version: ListVersion) => ({ revision: BigInt(version.revision), hash: version.hash })

type BodyInit = NonNullable<MessageInitShape<typeof ContentSchema>['body']>

const bodyInit = (body: ContentBody): BodyInit => {
  switch (body.kind) {
    case 'text':
      return {
        case: 'text',
        value: {
          text: body.text,
          vanishAfter: body.vanish?.after ?? 0,
          ...(body.vanish?.set ? { vanishSet: clockInit(body.vanish.set) } : {}),
        },
      }
    case 'vanish':
      return { case: 'vanish', value: { after: body.after, set: clockInit(body.set) } }
    case 'edit':
      return { case: 'edit', value: { messageId: idBytes(body.message), text: body.text } }
    case 'delete':
      return { case: 'delete', value: { messageId: idBytes(body.message) } }
    case 'receipt': {
      const kind = body.receipt === 'read' ? Receipt_Kind.READ : Receipt_Kind.DELIVERED
      return { case: 'receipt', value: { kind, messageIds: body.ids.map(idBytes) } }
    }
    case 'contactRequest': {
      const { name, deviceListChain, deliveryKey } = body
      return { case: 'contactRequest', value: { profile: { name }, deviceListChain, deliveryKey } }
    }
    case 'contactAccept': {
      const { name, deviceListChain, deliveryKey, profileKey, notificationKey } = body
      return {
        case: 'contactAccept',
        value: {
          profile: { name },
          deviceListChain,
          deliveryKey,
          profileKey,
          ...(notificationKey ? { notificationKey } : {}),
        },
      }
    }
    case 'profile': {
      const { name, deliveryKey, profileKey, notificationKey } = body
      return {
        case: 'profile',
        value: {
          name,
          ...(deliveryKey ? { deliveryKey } : {}),
          ...(profileKey ? { profileKey } : {}),
          ...(notificationKey ? { notificationKey } : {}),
        },
      }
    }
    case 'knock':
      return { case: 'knock', value: { peerId: body.peerId, addresses: [...body.addresses] } }
    case 'knockReply': {
      const { knockId, peerId, addresses } = body
      return { case: 'knockReply', value: { knockId, peerId, addresses: [...addresses] } }
    }
    case 'listUpdate':
      return { case: 'listUpdate', value: { deviceListChain: body.deviceListChain } }
  }
}

/** Reads what another device sent. Everything is checked; nothing is believed but its form. */
export const parseContent = (bytes: Uint8Array): Result<Content, ContentError> => {
  if (bytes.length > LIMITS.contentBytes) return malformed
  let message: ContentMessage
  try {
    message = fromBinary(ContentSchema, bytes, NOTHING_UNKNOWN)
  } catch {
    return malformed
  }
  const id = messageIdFromBytes(message.id)
  const clock = parseClock(message.clock)
  if (!id || !clock) return malformed
  if (message.body.case === undefined) return err({ kind: 'content', reason: 'unknown' })
  const replaces = message.replacesEnvelopes.map(envelopeIdFromBytes)
  if (replaces.length > LIMITS.replacedEnvelopes || replaces.includes(undefined)) return malformed
  const body = parseBody(message)
  if (!body) return malformed
  const ownList = parseVersion(message.ownList)
  const yourList = parseVersion(message.yourList)
  return ok({
    id,
    clock,
    ...(ownList ? { ownList } : {}),
    ...(yourList ? { yourList } : {}),
    ...(replaces.length > 0 ? { replaces: replaces as EnvelopeId[] } : {}),
    body,
  })
}

const malformed = err({ kind: 'content', reason: 'malformed' } as const)

const parseClock = (clock: ContentMessage['clock']): HybridClock | undefined => {
  const physical = Number(clock?.physical ?? -1n)
  return clock && Number.isSafeInteger(physical) && physical > 0
    ? { physical, logical: clock.logical }
    : undefined
}

/** The last moment a `Date` knows. */
const LAST_MOMENT = 8.64e15

/** When something was chosen: with room for later choices, which come after it whatever the time is. */
const parseChoice = (clock: ContentMessage['clock']): HybridClock | undefined => {
  const choice = parseClock(clock)
  return choice && choice.physical <= LAST_MOMENT ? choice : undefined
}

const parseVersion = (version: ListVersionMessage | undefined): ListVersion | undefined => {
  const revision = Number(version?.revision ?? 0n)
  return version?.hash.length === 32 && Number.isSafeInteger(revision) && revision > 0
    ? { revision, hash: version.hash }
    : undefined
}

const parseBody = ({ body }: ContentMessage): ContentBody | undefined => {
  switch (body.case) {
    case 'text': {
      const { text, vanishAfter: after, vanishSet } = body.value
      const set = parseChoice(vanishSet)
      if (!isText(text) || after > LIMITS.vanishSeconds || (vanishSet && !set)) return undefined
      if (after === 0 && !set) return { kind: 'text', text }
      return { kind: 'text', text, vanish: { after, ...(set ? { set } : {}) } }
    }
    case 'vanish': {
      const { after } = body.value
      const set = parseChoice(body.value.set)
      return set && after <= LIMITS.vanishSeconds ? { kind: 'vanish', after, set } : undefined
    }
    case 'edit': {
      const { messageId, text } = body.value
      const message = messageIdFromBytes(messageId)
      return message && isText(text) ? { kind: 'edit', message, text } : undefined
    }
    case 'delete': {
      const message = messageIdFromBytes(body.value.messageId)
      return message && { kind: 'delete', message }
    }
    case 'receipt': {
      const { kind, messageIds } = body.value
      const ids = messageIds.map(messageIdFromBytes)
      const known = kind === Receipt_Kind.DELIVERED || kind === Receipt_Kind.READ
      if (!known || ids.length === 0 || ids.length > LIMITS.receiptIds || ids.includes(undefined))
        return undefined
      return {
        kind: 'receipt',
        receipt: kind === Receipt_Kind.READ ? 'read' : 'delivered',
        ids: ids as MessageId[],
      }
    }
    case 'contactRequest':
    case 'contactAccept':
      return parseHello(body)
    case 'profile': {
      const { name, deliveryKey, profileKey, notificationKey } = body.value
      if (!isPrintableName(name) || !keyOrNone(deliveryKey) || !keyOrNone(profileKey)) return undefined
      if (!isNotificationKeyOrNone(notificationKey)) return undefined
      return {
        kind: 'profile',
        name,
        ...(deliveryKey.length > 0 ? { deliveryKey } : {}),
        ...(profileKey.length > 0 ? { profileKey } : {}),
        ...(notificationKey.length > 0 ? { notificationKey } : {}),
      }
    }
    case 'knock': {
      const { peerId, addresses } = body.value
      return isPeer(peerId, addresses) ? { kind: 'knock', peerId, addresses } : undefined
    }
    case 'knockReply': {
      const { knockId, peerId, addresses } = body.value
      return knockId.length === 16 && isPeer(peerId, addresses)
        ? { kind: 'knockReply', knockId, peerId, addresses }
        : undefined
    }
    case 'listUpdate':
      return isChain(body.value.deviceListChain)
        ? { kind: 'listUpdate', deviceListChain: body.value.deviceListChain }
        : undefined
    default:
      return undefined
  }
}

const parseHello = (
  body: Extract<ContentMessage['body'], { case: 'contactRequest' | 'contactAccept' }>
): ContentBody | undefined => {
  const { profile, deviceListChain, deliveryKey } = body.value
  const name = profile?.name ?? ''
  if (!isPrintableName(name) || !isChain(deviceListChain) || deliveryKey.length !== KEY_BYTES)
    return undefined
  if (body.case === 'contactRequest') return { kind: 'contactRequest', name, deviceListChain, deliveryKey }
  const { profileKey, notificationKey } = body.value
  if (profileKey.length !== KEY_BYTES || !isNotificationKeyOrNone(notificationKey)) return undefined
  const accept = { kind: 'contactAccept', name, deviceListChain, deliveryKey, profileKey } as const
  return notificationKey.length > 0 ? { ...accept, notificationKey } : accept
}

const isText = (text: string): boolean => text.length > 0 && utf8(text).length <= LIMITS.textBytes
const keyOrNone = (key: Uint8Array): boolean => key.length === 0 || key.length === KEY_BYTES
const isNotificationKeyOrNone = (key: Uint8Array): boolean =>
  key.length === 0 || key.length === NOTIFICATION_KEY_BYTES
const isChain = (chain: Uint8Array): boolean => chain.length > 0 && chain.length <= LIMITS.listChainBytes
const isPeer = (peerId: string, addresses: readonly string[]): boolean =>
  /^[1-9A-HJ-NP-Za-km-z]{20,80}$/.test(peerId) &&
  addresses.length <= LIMITS.knockAddresses &&
  addresses.every((address) => address.length <= LIMITS.addressCharacters)

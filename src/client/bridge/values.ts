/** Schemas of the things of the domain, as they cross the bridge. */
import * as v from 'valibot'
import type {
  ConnectionState,
  InvitePreview,
  Me,
  MessagePlace,
  MessageWindow,
  NotificationSettings,
  Safety,
  SearchHit,
  SearchPlace,
  SearchResults,
  SearchScope,
  StorageLevel,
  StorageState,
} from '../../core/api.ts'
import type { Contact } from '../../core/domain/contact.ts'
import type { Conversation, PathInfo } from '../../core/domain/conversation.ts'
import type {
  CryptoError,
  InputError,
  MePassaError,
  NetworkError,
  StorageError,
} from '../../core/domain/errors.ts'
import type { Message } from '../../core/domain/message.ts'
import type { Look } from '../../core/domain/settings.ts'
import { accountOf, parseAccountId, parseMessageId } from '../../protocol/ids.ts'
import type { AccountId, ConversationId, MessageId } from '../../protocol/ids.ts'

/** A schema that takes anything and gives a `T` or issues. */
export type Schema<T> = v.GenericSchema<unknown, T>

const is =
  <T extends string>(parse: (text: T) => unknown) =>
  (input: unknown): boolean =>
    typeof input === 'string' && parse(input as T) !== undefined

export const accountId = v.custom<AccountId>(is(parseAccountId))
export const messageId = v.custom<MessageId>(is(parseMessageId))
export const conversationId = v.custom<ConversationId>(is(accountOf))

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const texts = v.array(v.string())
const reason = <const T extends readonly string[]>(...reasons: T) => v.picklist(reasons)
/** Every reason of a kind of error: one that is missing here does not compile. */
const reasons = <T extends string>(all: Readonly<Record<T, true>>) => v.picklist(Object.keys(all) as T[])

export const mePassaError: Schema<MePassaError> = v.variant('kind', [
  v.object({
    kind: v.literal('network'),
    reason: reasons<NetworkError['reason']>({
      offline: true,
      'relay-unreachable': true,
      refused: true,
      'rate-limited': true,
      timeout: true,
      'not-found': true,
      quota: true,
      unsupported: true,
      uninvited: true,
    }),
  }),
  v.object({
    kind: v.literal('crypto'),
    reason: reasons<CryptoError['reason']>({
      'no-session': true,
      'untrusted-identity': true,
      undecryptable: true,
      duplicate: true,
      'bad-signature': true,
      'bad-device-list': true,
      'rolled-back': true,
    }),
  }),
  v.object({
    kind: v.literal('storage'),
    reason: reasons<StorageError['reason']>({
      full: true,
      damaged: true,
      locked: true,
      'newer-version': true,
      unavailable: true,
      'app-locked': true,
      evicted: true,
    }),
  }),
  v.object({
    kind: v.literal('input'),
    reason: reasons<InputError['reason']>({
      'name-empty': true,
      'name-too-long': true,
      'text-empty': true,
      'text-too-long': true,
      'link-malformed': true,
      'link-truncated': true,
      'link-newer-version': true,
      'link-tampered': true,
      'link-expired': true,
      'link-own': true,
      'no-account': true,
      'account-exists': true,
      'unknown-conversation': true,
      'unknown-message': true,
      'unknown-contact': true,
      'unknown-method': true,
      malformed: true,
      'needs-review': true,
      blocked: true,
      'wrong-passphrase': true,
      'passphrase-too-short': true,
      'wrong-passkey': true,
      'passkey-unanswered': true,
      'passkey-unsupported': true,
      'no-backup': true,
      'backup-damaged': true,
      'backup-newer': true,
      'backup-lost': true,
      'file-unreadable': true,
      'file-not-written': true,
      'file-no-room': true,
      'relay-malformed': true,
      'relays-full': true,
      'relay-last': true,
    }),
  }),
])

export const me: Schema<Me> = v.object({ account: accountId, name: v.string(), relays: texts })

export const contact: Schema<Contact> = v.object({
  account: accountId,
  name: v.string(),
  state: reason('invited', 'request', 'accepted', 'ignored', 'blocked'),
  safety: reason('unverified', 'verified', 'review'),
  since: v.number(),
  vanishAfter: v.exactOptional(count),
})

export const message: Schema<Message> = v.object({
  conversation: conversationId,
  author: accountId,
  id: messageId,
  clock: v.object({ physical: v.number(), logical: v.number() }),
  kind: reason('text', 'gap', 'notice', 'deleted'),
  text: v.string(),
  state: reason('pending', 'sent', 'delivered', 'read', 'failed', 'received'),
  failReason: v.nullable(reason('needs-review', 'blocked', 'no-session', 'expired', 'refused')),
  at: v.number(),
  own: v.boolean(),
  editedAt: v.exactOptional(v.number()),
  vanishAfter: v.exactOptional(count),
})

export const messagePlace: Schema<MessagePlace> = v.object({
  conversation: conversationId,
  clock: v.object({ physical: v.number(), logical: v.number() }),
  author: accountId,
  id: messageId,
})

export const messageWindow: Schema<MessageWindow> = v.object({
  messages: v.array(message),
  older: v.boolean(),
  from: v.nullable(messagePlace),
  newer: v.boolean(),
  around: v.nullable(messageId),
  firstUnread: v.nullable(messageId),
})

export const conversation: Schema<Conversation> = v.object({
  id: conversationId,
  contact,
  last: v.nullable(message),
  unread: count,
  draft: v.string(),
  activeAt: v.number(),
})

export const invitePreview: Schema<InvitePreview> = v.object({
  account: accountId,
  name: v.string(),
  relays: texts,
  expiresAt: v.number(),
  known: v.nullable(contact),
})

export const safety: Schema<Safety> = v.object({
  digits: v.pipe(v.string(), v.regex(/^\d{60}$/)),
  scannable: v.instance(Uint8Array),
  contact,
  newDevices: v.array(v.number()),
  listSignedAt: v.nullable(v.number()),
})

export const searchHit: Schema<SearchHit> = v.object({ message, contact, excerpt: v.string() })

export const searchScope: Schema<SearchScope> = v.object({
  conversation: v.nullable(conversationId),
  author: v.nullable(accountId),
  from: v.nullable(v.number()),
  until: v.nullable(v.number()),
})

export const searchPlace: Schema<SearchPlace> = v.object({ among: reason('words', 'parts'), before: count })

export const searchResults: Schema<SearchResults> = v.object({
  hits: v.array(searchHit),
  next: v.nullable(searchPlace),
  indexing: v.boolean(),
})

/** Longer than any name of a theme or a language. */
const chosen = v.nullable(v.pipe(v.string(), v.maxLength(64)))
export const look: Schema<Look> = v.object({ theme: chosen, language: chosen })
export const storageLevel: Schema<StorageLevel> = reason('ok', 'low', 'full')

export const storageState: Schema<StorageState> = v.object({
  used: v.nullable(v.number()),
  available: v.nullable(v.number()),
  persisted: reason('granted', 'denied', 'unknown'),
  level: storageLevel,
})

export const pathInfo: Schema<PathInfo> = v.object({
  path: reason('direct', 'relay', 'waiting'),
  reason: reason(
    'connected',
    'connecting',
    'contact-away',
    'direct-failed',
    'relay-down',
    'offline',
    'not-accepted',
    'needs-review',
    'mailbox-only'
  ),
  since: v.number(),
  roundTrip: v.nullable(v.number()),
})

export const notificationSettings: Schema<NotificationSettings> = v.object({
  on: v.boolean(),
  previews: v.boolean(),
  vapidKey: v.nullable(v.string()),
  endpoint: v.nullable(v.string()),
  ready: v.boolean(),
  refused: v.array(v.string()),
})

export const connectionState: Schema<ConnectionState> = v.object({
  online: v.boolean(),
  relays: v.array(
    v.object({
      origin: v.string(),
      state: reason('connected', 'connecting', 'down', 'uninvited'),
      since: v.number(),
    })
  ),
  directPeers: count,
  queued: count,
  device: reason('good', 'renewed', 'removed'),
})

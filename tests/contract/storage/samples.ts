/** Rows for the tests, whole and valid; each test changes what it is about. */
import type { Message } from '../../../src/core/domain/message.ts'
import type { ContactRow, OutboxJob, OwnAccount, SearchQuery } from '../../../src/core/ports/storage.ts'
import {
  conversationWith,
  parseAccountId,
  parseDeviceId,
  parseEnvelopeId,
  parseMessageId,
  type AccountId,
  type ConversationId,
  type DeviceId,
  type EnvelopeDigest,
  type EnvelopeId,
  type MessageId,
} from '../../../src/protocol/ids.ts'

const sure = <T>(value: T | undefined): T => {
  if (value === undefined) throw new TypeError('not an id')
  return value
}
const digits = (n: number, length: number): string => n.toString(16).padStart(length, '0')

export const accountId = (n: number): AccountId =>
  sure(parseAccountId(`00000000-0000-8000-8000-${digits(n, 12)}`))
export const deviceId = (n: number): DeviceId => sure(parseDeviceId(n))
export const messageId = (n: number): MessageId => sure(parseMessageId(digits(n, 32)))
export const envelopeId = (n: number): EnvelopeId => sure(parseEnvelopeId(digits(n, 32)))
export const envelopeDigest = (n: number): EnvelopeDigest => digits(n, 32) as EnvelopeDigest
export const bytesOf = (n: number, length = 32): Uint8Array => new Uint8Array(length).fill(n)

export const OWN = accountId(1)
export const ANA = accountId(2)
export const BEN = accountId(3)
export const WITH_ANA: ConversationId = conversationWith(ANA)
export const WITH_BEN: ConversationId = conversationWith(BEN)

export const ownAccount: OwnAccount = {
  account: OWN,
  accountKey: bytesOf(1, 33),
  entropy: bytesOf(2),
  device: deviceId(1),
  registrationId: 4711,
  identityPublic: bytesOf(3, 33),
  identityPrivate: bytesOf(4),
  requestPrivate: bytesOf(5),
  publishPrivate: bytesOf(6),
  profileKey: bytesOf(7),
  deliveryKey: bytesOf(8),
  name: 'Zoë 🦜',
  relays: ['https://relay.example', 'https://other.example'],
  listChain: bytesOf(9, 200),
  listRevision: 3,
  createdAt: 1_800_000_000_000,
}

export const contactRow = (account: AccountId, change: Partial<ContactRow> = {}): ContactRow => ({
  account,
  accountKey: bytesOf(11, 33),
  name: 'Ana',
  state: 'accepted',
  safety: 'unverified',
  relays: ['https://relay.example'],
  deliveryKey: bytesOf(12),
  requestKey: null,
  profileKey: null,
  profileClock: { physical: 1_800_000_000_000, logical: 3 },
  listChain: new Uint8Array(0),
  listRevision: 0,
  listSeenAt: 0,
  knownDevices: [1, 2],
  blockedFrom: null,
  since: 1_800_000_000_000,
  ...change,
})

/** A search without limits of place or time. */
export const anywhere = (text: string, change: Partial<SearchQuery> = {}): SearchQuery => ({
  text,
  conversation: null,
  author: null,
  from: null,
  until: null,
  ...change,
})

/** Received from Ana; `n` gives id, clock and time. */
export const message = (n: number, change: Partial<Message> = {}): Message => ({
  conversation: WITH_ANA,
  author: ANA,
  id: messageId(n),
  clock: { physical: 1_800_000_000_000 + n, logical: 0 },
  kind: 'text',
  text: `message ${n}`,
  state: 'received',
  failReason: null,
  at: 1_800_000_000_000 + n,
  own: false,
  ...change,
})

export const job = (change: Partial<OutboxJob> = {}): Omit<OutboxJob, 'seq'> => ({
  kind: 'message',
  account: ANA,
  device: null,
  messageId: messageId(1),
  content: bytesOf(13, 160),
  envelopeId: null,
  ciphertext: null,
  state: 'queued',
  attempts: 0,
  nextAt: 1_000,
  expiresAt: 9_000,
  ...change,
})

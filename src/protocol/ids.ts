import { fromHex, toHex } from '../lib/bytes.ts'

declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** Lower-case UUID (version 8) made from the account's public key; a Signal service id as it stands. */
export type AccountId = Branded<string, 'AccountId'>
/** 1 to 127, never used again within an account. */
export type DeviceId = Branded<number, 'DeviceId'>
/** 32 lower-case hex digits of a UUIDv7. */
export type MessageId = Branded<string, 'MessageId'>
/** 32 lower-case hex digits, random. */
export type EnvelopeId = Branded<string, 'EnvelopeId'>
/** 32 lower-case hex digits of a hash over an envelope's id and body: the very same envelope, whoever brings it. */
export type EnvelopeDigest = Branded<string, 'EnvelopeDigest'>
/** A conversation of two is named by the other account. */
export type ConversationId = Branded<string, 'ConversationId'>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const HEX16 = /^[0-9a-f]{32}$/

/** Parses a UUID in lower case; undefined if it is none. */
export const parseAccountId = (text: string): AccountId | undefined =>
  UUID.test(text) ? (text as AccountId) : undefined

/** Parses a device number; undefined outside 1 to 127. */
export const parseDeviceId = (value: number): DeviceId | undefined =>
  Number.isInteger(value) && value >= 1 && value <= 127 ? (value as DeviceId) : undefined

/** The conversation with one other person. */
export const conversationWith = (account: AccountId): ConversationId => account as string as ConversationId

/** 16 bytes of a message id as its text; undefined for any other length. */
export const messageIdFromBytes = (bytes: Uint8Array): MessageId | undefined =>
  bytes.length === 16 ? (toHex(bytes) as MessageId) : undefined

/** 16 bytes of an envelope id as its text; undefined for any other length. */
export const envelopeIdFromBytes = (bytes: Uint8Array): EnvelopeId | undefined =>
  bytes.length === 16 ? (toHex(bytes) as EnvelopeId) : undefined

/** Parses the text form of an envelope id. */
export const parseEnvelopeId = (text: string): EnvelopeId | undefined =>
  HEX16.test(text) ? (text as EnvelopeId) : undefined

/** Parses the text form of a message id. */
export const parseMessageId = (text: string): MessageId | undefined =>
  HEX16.test(text) ? (text as MessageId) : undefined

/** The 16 bytes of a message or envelope id. */
export const idBytes = (id: MessageId | EnvelopeId): Uint8Array<ArrayBuffer> => {
  const bytes = fromHex(id)
  if (bytes?.length !== 16) throw new TypeError('an id is 32 hex digits')
  return bytes
}

/** The 16 bytes of an account id. */
export const accountIdBytes = (id: AccountId): Uint8Array<ArrayBuffer> => {
  const bytes = fromHex(id.replaceAll('-', ''))
  if (bytes?.length !== 16) throw new TypeError('an account id is a UUID')
  return bytes
}

/** 16 bytes as an account id; undefined for any other length. */
export const accountIdFromBytes = (bytes: Uint8Array): AccountId | undefined => {
  if (bytes.length !== 16) return undefined
  const hex = toHex(bytes)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-'
  ) as AccountId
}

/** The account a conversation of two is with; undefined if the id is no such. */
export const accountOf = (id: ConversationId): AccountId | undefined => parseAccountId(id)

import * as v from 'valibot'
import type { OwnAccount } from '../ports/storage.ts'
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../lib/bytes.ts'
import {
  parseAccountId,
  parseMessageId,
  type AccountId,
  type ConversationId,
  type MessageId,
} from '../../protocol/ids.ts'

/** The version of what backups hold; a file of a newer one is refused. */
export const BACKUP_VERSION = 3
/** One record is a message of 64 KiB at most, as JSON: six bytes for a character at worst. */
const LONGEST_RECORD = 1_000_000

const bytes = v.pipe(
  v.string(),
  v.transform((text): Uint8Array | undefined => fromBase64Url(text)),
  v.custom<Uint8Array>((value) => value instanceof Uint8Array)
)
const accountId = v.pipe(
  v.string(),
  v.custom<AccountId>((text) => parseAccountId(String(text)) !== undefined)
)
const messageId = v.pipe(
  v.string(),
  v.custom<MessageId>((text) => parseMessageId(String(text)) !== undefined)
)
const conversationId = v.pipe(
  v.string(),
  v.custom<ConversationId>((text) => parseAccountId(String(text)) !== undefined)
)
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const clock = v.object({ physical: count, logical: count })
const texts = v.pipe(v.array(v.string()), v.readonly())

const account = v.object({
  entropy: bytes,
  publishPrivate: bytes,
  profileKey: bytes,
  deliveryKey: bytes,
  name: v.string(),
  relays: texts,
  listChain: bytes,
  createdAt: count,
})
/** What of an account outlives its devices. */
export type BackedAccount = v.InferOutput<typeof account>

const UNBLOCKED = ['invited', 'request', 'accepted', 'ignored'] as const
const contact = v.object({
  account: accountId,
  accountKey: bytes,
  name: v.string(),
  state: v.picklist([...UNBLOCKED, 'blocked']),
  safety: v.picklist(['unverified', 'verified', 'review']),
  relays: texts,
  deliveryKey: v.nullable(bytes),
  requestKey: v.nullable(bytes),
  profileKey: v.nullable(bytes),
  profileClock: clock,
  listChain: bytes,
  listRevision: count,
  listSeenAt: count,
  knownDevices: v.pipe(v.array(count), v.readonly()),
  blockedFrom: v.nullable(v.picklist(UNBLOCKED)),
  since: count,
  vanish: v.exactOptional(v.object({ after: count, set: clock })),
})
const message = v.object({
  conversation: conversationId,
  author: accountId,
  id: messageId,
  clock,
  kind: v.picklist(['text', 'gap', 'notice', 'deleted']),
  text: v.string(),
  state: v.picklist(['pending', 'sent', 'delivered', 'read', 'failed', 'received']),
  failReason: v.nullable(v.picklist(['needs-review', 'blocked', 'no-session', 'expired', 'refused'])),
  at: count,
  own: v.boolean(),
  editedAt: v.exactOptional(count),
  vanishAfter: v.exactOptional(count),
})

const recordSchema = v.variant('kind', [
  v.object({ kind: v.literal('backup'), version: count, at: count }),
  v.object({ kind: v.literal('account'), value: account }),
  v.object({ kind: v.literal('setting'), key: v.string(), value: v.string() }),
  v.object({ kind: v.literal('contact'), value: contact }),
  v.object({
    kind: v.literal('conversation'),
    value: v.object({
      id: conversationId,
      draft: v.string(),
      activeAt: count,
    }),
    // Said once more for each edit that waits for its message: it was confirmed and will not come again.
    edit: v.exactOptional(v.object({ author: accountId, id: messageId, clock, text: v.string(), at: count })),
  }),
  v.object({
    kind: v.literal('message'),
    value: message,
    unread: v.boolean(),
    editClock: v.exactOptional(clock),
    // When it is to vanish, once its time has begun.
    vanishAt: v.exactOptional(count),
  }),
  v.object({ kind: v.literal('end'), records: count }),
])
/** One line of a backup. The first is `backup`, the last `end`. */
export type BackupRecord = v.InferOutput<typeof recordSchema>

/** The account without what belongs to a device; undefined without the recovery words. */
export const backedAccount = (own: OwnAccount): BackedAccount | undefined =>
  own.entropy === null ? undefined : { ...own, entropy: own.entropy }

/** A record as a line. */
export const encodeRecord = (record: BackupRecord): Uint8Array => {
  const only = record.kind === 'account' ? { ...record, value: pick(record.value) } : record
  return utf8(
    `${JSON.stringify(only, (_, value: unknown) => (value instanceof Uint8Array ? toBase64Url(value) : value))}\n`
  )
}

/** Nothing of a device gets into a file because it stood beside what belongs there. */
const pick = (value: BackedAccount): BackedAccount => ({
  entropy: value.entropy,
  publishPrivate: value.publishPrivate,
  profileKey: value.profileKey,
  deliveryKey: value.deliveryKey,
  name: value.name,
  relays: value.relays,
  listChain: value.listChain,
  createdAt: value.createdAt,
})

/** Reads lines out of pieces; undefined for one that is no record. */
export async function* decodeRecords(
  pieces: AsyncIterable<Uint8Array>
): AsyncGenerator<BackupRecord | undefined> {
  let rest: Uint8Array = new Uint8Array()
  for await (const piece of pieces) {
    const joined = new Uint8Array(rest.length + piece.length)
    joined.set(rest)
    joined.set(piece, rest.length)
    let from = 0
    for (let at = joined.indexOf(10, rest.length); at >= 0; at = joined.indexOf(10, from)) {
      yield parse(joined.subarray(from, at))
      from = at + 1
    }
    rest = joined.slice(from)
    if (rest.length > LONGEST_RECORD) yield undefined
  }
  if (rest.length > 0) yield undefined
}

const parse = (line: Uint8Array): BackupRecord | undefined => {
  const text = fromUtf8(line)
  if (text === undefined) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const result = v.safeParse(recordSchema, json)
  return result.success ? result.output : undefined
}

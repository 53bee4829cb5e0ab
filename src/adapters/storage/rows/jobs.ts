import type {
  OutboxJob,
  OutboxKind,
  OutboxState,
  SeenEnvelope,
  Tx,
  Undecryptable,
} from '../../../core/ports/storage.ts'
import type { AccountId, DeviceId, EnvelopeDigest, EnvelopeId, MessageId } from '../../../protocol/ids.ts'
import type { SqlDriver, SqlRow } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { blob, blobOrNull, integer, integerOrNull, text, textOrNull } from './columns.ts'

const MOST_ACCOUNTS = 100
const COLUMNS = [
  'kind',
  'account',
  'device',
  'message_id',
  'content',
  'envelope_id',
  'ciphertext',
  'state',
  'attempts',
  'next_at',
  'expires_at',
] as const
/** Asserted like those of messages. */
export const OUTBOX_QUERIES = {
  // Those who have waited longest come first, or a hundred that cannot be reached would stand before the rest for ever.
  due: `SELECT account FROM outbox INDEXED BY outbox_due WHERE next_at <= ?
    GROUP BY account ORDER BY min(next_at) LIMIT ${MOST_ACCOUNTS}`,
  ofAccount: 'SELECT * FROM outbox WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?',
  dueOfAccount: 'SELECT * FROM outbox WHERE account = ? AND next_at <= ? ORDER BY seq LIMIT ?',
  ofMessage: 'SELECT * FROM outbox WHERE account = ? AND message_id = ? ORDER BY seq',
  byEnvelope: 'SELECT * FROM outbox WHERE envelope_id = ?',
  nextDue: 'SELECT min(next_at) AS at FROM outbox',
} as const

const valuesOf = (job: Omit<OutboxJob, 'seq'>) =>
  [
    job.kind,
    job.account,
    job.device,
    job.messageId,
    job.content,
    job.envelopeId,
    job.ciphertext,
    job.state,
    job.attempts,
    job.nextAt,
    job.expiresAt,
  ] as const

/** What is to be sent. */
export const outboxRows = (driver: SqlDriver, touched: Touched): Tx['outbox'] => ({
  add: (job) => {
    touched.table('outbox')
    driver
      .prepare(`INSERT INTO outbox (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`)
      .run(...valuesOf(job))
    return driver.lastInsertId()
  },
  get: (seq) => {
    const row = driver.prepare('SELECT * FROM outbox WHERE seq = ?').get(seq)
    return row && toJob(row)
  },
  update: (job) => {
    touched.table('outbox')
    driver
      .prepare(`UPDATE outbox SET ${COLUMNS.map((name) => `${name} = ?`).join(', ')} WHERE seq = ?`)
      .run(...valuesOf(job), job.seq)
  },
  remove: (seq) => {
    touched.table('outbox')
    driver.prepare('DELETE FROM outbox WHERE seq = ?').run(seq)
  },
  dueAccounts: (now) =>
    driver
      .prepare(OUTBOX_QUERIES.due)
      .all(now)
      .map((row) => text(row, 'account') as AccountId),
  ofAccount: (account, limit, after = 0) =>
    driver.prepare(OUTBOX_QUERIES.ofAccount).all(account, after, limit).map(toJob),
  dueOfAccount: (account, now, limit) =>
    driver.prepare(OUTBOX_QUERIES.dueOfAccount).all(account, now, limit).map(toJob),
  ofMessage: (account, id) => driver.prepare(OUTBOX_QUERIES.ofMessage).all(account, id).map(toJob),
  byEnvelope: (id) => {
    const row = driver.prepare(OUTBOX_QUERIES.byEnvelope).get(id)
    return row && toJob(row)
  },
  nextDueAt: () => {
    const row = driver.prepare(OUTBOX_QUERIES.nextDue).get()
    return (row && integerOrNull(row, 'at')) ?? undefined
  },
  count: () => {
    const row = driver.prepare("SELECT count(*) AS n FROM outbox WHERE state = 'queued'").get()
    return row ? integer(row, 'n') : 0
  },
  unseal: () => {
    touched.table('outbox')
    driver
      .prepare("UPDATE outbox SET envelope_id = NULL, ciphertext = NULL, state = 'queued', next_at = 0")
      .run()
  },
})

const toJob = (row: SqlRow): OutboxJob => ({
  seq: integer(row, 'seq'),
  kind: text(row, 'kind') as OutboxKind,
  account: text(row, 'account') as AccountId,
  device: integerOrNull(row, 'device') as DeviceId | null,
  messageId: text(row, 'message_id') as MessageId,
  content: blob(row, 'content'),
  envelopeId: textOrNull(row, 'envelope_id') as EnvelopeId | null,
  ciphertext: blobOrNull(row, 'ciphertext'),
  state: text(row, 'state') as OutboxState,
  attempts: integer(row, 'attempts'),
  nextAt: integer(row, 'next_at'),
  expiresAt: integer(row, 'expires_at'),
})

/** What has arrived: ids that were dealt with, and what could not be read. */
export const inboxRows = (driver: SqlDriver, touched: Touched): Tx['inbox'] => ({
  seen: (digest) => {
    const row = driver.prepare('SELECT * FROM seen_envelopes WHERE id = ?').get(digest)
    return row && toSeen(row)
  },
  markSeen: ({ digest, messageId, account, at }) => {
    touched.table('inbox')
    driver
      .prepare(
        'INSERT INTO seen_envelopes (id, message_id, account, at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING'
      )
      .run(digest, messageId, account, at)
  },
  putUndecryptable: (row) => {
    touched.table('inbox')
    driver
      .prepare(
        'INSERT INTO undecryptable (envelope_id, account, device, body, asked, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (envelope_id) DO UPDATE SET asked = excluded.asked'
      )
      .run(row.envelopeId, row.account, row.device, row.body, row.asked, row.at)
  },
  undecryptable: (id) => {
    const row = driver.prepare('SELECT * FROM undecryptable WHERE envelope_id = ?').get(id)
    return row && toUndecryptable(row)
  },
  removeUndecryptable: (id) => {
    touched.table('inbox')
    driver.prepare('DELETE FROM undecryptable WHERE envelope_id = ?').run(id)
  },
  sweep: (before) => {
    touched.table('inbox')
    driver.prepare('DELETE FROM seen_envelopes WHERE at < ?').run(before)
  },
})

const toSeen = (row: SqlRow): SeenEnvelope => ({
  digest: text(row, 'id') as EnvelopeDigest,
  messageId: textOrNull(row, 'message_id') as MessageId | null,
  account: textOrNull(row, 'account') as AccountId | null,
  at: integer(row, 'at'),
})

const toUndecryptable = (row: SqlRow): Undecryptable => ({
  envelopeId: text(row, 'envelope_id') as EnvelopeId,
  account: text(row, 'account') as AccountId,
  device: integer(row, 'device') as DeviceId,
  body: blob(row, 'body'),
  asked: integer(row, 'asked'),
  at: integer(row, 'at'),
})

import { concatBytes, toHex } from '../../src/lib/bytes.ts'
import { accountIdBytes, type AccountId, type DeviceId } from '../../src/protocol/ids.ts'
import { createBatcher } from '../db/batcher.ts'
import type { Db, Tx } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'
import {
  createDeposits,
  type DepositJob,
  type DepositOptions,
  type DepositOutcome,
  type DepositRequest,
  type MailboxLimits,
} from './deposit.ts'
import { serializePage } from './serialize-page.ts'
import { dropUnused, sweepUnused } from './shared-bodies.ts'

/** Entries of one transaction: enough that its flush is shared by many, few enough that the first do not wait long. */
const BATCH = 256

export interface StoredEnvelope {
  /** Counts up; the order of delivery. */
  readonly seq: number
  readonly id: Uint8Array
  readonly body: Uint8Array
  /** It came by a request key. */
  readonly request: boolean
  readonly storedAt: number
}

/** How much is read at a time: at most `count`, and no more than `bytes` of bodies unless the first is larger; nothing that has expired `now`. */
export interface Most {
  readonly count: number
  readonly bytes: number
  readonly now: number
}

/** Envelopes that wait for devices. */
export interface MailboxStore {
  /** Stores what may be stored and fits, durably, all in one transaction. An envelope id that waits there already counts as stored. */
  deposit(requests: readonly DepositRequest[], options: DepositOptions): Promise<readonly DepositOutcome[]>
  /** Waiting envelopes with a higher `seq`, in order. */
  after(account: AccountId, device: DeviceId, seq: number, most: Most): Promise<readonly StoredEnvelope[]>
  /** The first that wait, as a serialized MailboxPage. */
  page(account: AccountId, device: DeviceId, most: Most): Promise<Uint8Array>
  /** Whether this envelope waits for the device still. */
  holds(account: AccountId, device: DeviceId, id: Uint8Array): Promise<boolean>
  /** Deletes this device's envelopes with these ids; returns how many there were. */
  acknowledge(account: AccountId, device: DeviceId, ids: readonly Uint8Array[]): Promise<number>
  /** Deletes up to `most` that have expired; returns how many. */
  sweep(now: number, most: number): Promise<number>
  count(): Promise<number>
  /** Of all waiting envelopes, as their devices get them: what several have in common is counted with each. */
  bytes(): Promise<number>
}

/** The mailbox store in SQL. */
export const createMailboxStore = (db: Db, writer: Writer, limits: MailboxLimits): MailboxStore => {
  const depositAll = createDeposits(writer, limits)
  const deposit = createBatcher<DepositJob, readonly DepositOutcome[]>({
    run: (jobs) => writer.write((tx) => depositAll(tx, jobs)),
    weight: ({ requests }) => requests.reduce((sum, { entries }) => sum + entries.length, 1),
    most: BATCH,
    isLost: writer.isLost,
  })
  return {
    deposit: (requests, options) => deposit({ requests, options }),
    ...reading(db),
    ...removing(writer),
  }
}

const reading = (db: Db): Pick<MailboxStore, 'after' | 'page' | 'holds' | 'count' | 'bytes'> => ({
  after: async (...of) => (await readAfter(db, ...of)).found,
  page: async (account, device, most) => {
    const { found, more } = await readAfter(db, account, device, 0, most)
    return serializePage(found, more)
  },
  holds: async (account, device, id) => {
    const row = await db
      .selectFrom('envelopes')
      .select('seq')
      .where('account', '=', accountIdBytes(account))
      .where('device', '=', device)
      .where('envelope', '=', id)
      .executeTakeFirst()
    return row !== undefined
  },
  count: () => sumOf(db, 'queued_count'),
  bytes: () => sumOf(db, 'queued_bytes'),
})

/** What waits after a row, as far as it may be read, and whether there is more. */
const readAfter = async (
  db: Db,
  account: AccountId,
  device: DeviceId,
  seq: number,
  { count, bytes, now }: Most
): Promise<{ readonly found: readonly StoredEnvelope[]; readonly more: boolean }> => {
  const id = accountIdBytes(account)
  const sizes = await db
    .selectFrom('envelopes')
    .select(['seq', 'size'])
    .where('account', '=', id)
    .where('device', '=', device)
    .where('seq', '>', seq)
    .where('expires_at', '>', now)
    .orderBy('seq')
    .limit(count + 1)
    .execute()
  let sum = 0
  const fitting = sizes.slice(0, count).filter((row, index) => (sum += row.size) <= bytes || index === 0)
  const last = fitting.at(-1)
  if (!last) return { found: [], more: false }
  const rows = await db
    .selectFrom('envelopes')
    .leftJoin('shared_bodies', 'shared_bodies.id', 'envelopes.shared')
    .select(['seq', 'envelope', 'envelopes.body', 'request_hash', 'stored_at', 'shared_bodies.body as tail'])
    .where('account', '=', id)
    .where('device', '=', device)
    .where('seq', '>', seq)
    .where('seq', '<=', last.seq)
    .where('envelopes.expires_at', '>', now)
    .orderBy('seq')
    .execute()
  const found = rows.map((row) => ({
    seq: row.seq,
    id: row.envelope,
    body: row.tail ? concatBytes(row.body, row.tail) : row.body,
    request: row.request_hash !== null,
    storedAt: row.stored_at,
  }))
  return { found, more: fitting.length < sizes.length }
}

/** Over all mailboxes. */
const sumOf = async (db: Db, column: 'queued_count' | 'queued_bytes'): Promise<number> => {
  const row = await db
    .selectFrom('devices')
    .select((eb) => eb.fn.sum<number | null>(column).as('sum'))
    .executeTakeFirstOrThrow()
  return Number(row.sum ?? 0)
}

const removing = (writer: Writer): Pick<MailboxStore, 'acknowledge' | 'sweep'> => ({
  acknowledge: (account, device, ids) =>
    writer.write(async (tx) => {
      if (ids.length === 0) return 0
      const id = accountIdBytes(account)
      await hold(tx, writer, [{ account: id, device }])
      const gone = await tx
        .deleteFrom('envelopes')
        .where('account', '=', id)
        .where('device', '=', device)
        .where('envelope', 'in', [...ids])
        .returning(['size', 'shared'])
        .execute()
      await uncount(tx, id, device, gone)
      await dropUnused(
        tx,
        gone.map(({ shared }) => shared)
      )
      return gone.length
    }),
  sweep: (now, most) =>
    writer.write(async (tx) => {
      const old = await tx
        .selectFrom('envelopes')
        .select(['seq', 'account', 'device'])
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(most)
        .execute()
      if (old.length < most) await sweepUnused(tx)
      if (old.length === 0) return 0
      await hold(tx, writer, old)
      const gone = await tx
        .deleteFrom('envelopes')
        .where(
          'seq',
          'in',
          old.map(({ seq }) => seq)
        )
        .returning(['account', 'device', 'size', 'shared'])
        .execute()
      const mailboxes = Map.groupBy(gone, (row) => `${toHex(row.account)}.${row.device}`)
      for (const rows of mailboxes.values()) {
        const [first] = rows
        if (first) await uncount(tx, first.account, first.device, rows)
      }
      await dropUnused(
        tx,
        gone.map(({ shared }) => shared)
      )
      return gone.length
    }),
})

/** Holds mailboxes in the order in which deposits do, so that no two transactions wait for each other. */
const hold = async (
  tx: Tx,
  { engine }: Writer,
  mailboxes: readonly { readonly account: Uint8Array; readonly device: number }[]
): Promise<void> => {
  if (engine === 'sqlite') return
  const unique = new Map(mailboxes.map((one) => [`${toHex(one.account)}.${one.device}`, one]))
  await tx
    .selectFrom('devices')
    .select('device')
    .where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('account', 'device'),
        'in',
        [...unique.values()].map(({ account, device }) => tuple(account, device))
      )
    )
    .orderBy('account')
    .orderBy('device')
    .forUpdate()
    .execute()
}

const uncount = async (
  tx: Tx,
  account: Uint8Array,
  device: number,
  gone: readonly { readonly size: number }[]
) => {
  if (gone.length === 0) return
  await tx
    .updateTable('devices')
    .set((eb) => ({
      queued_count: eb('queued_count', '-', gone.length),
      queued_bytes: eb(
        'queued_bytes',
        '-',
        gone.reduce((sum, row) => sum + row.size, 0)
      ),
    }))
    .where('account', '=', account)
    .where('device', '=', device)
    .execute()
}

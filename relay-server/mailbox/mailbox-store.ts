import { toHex } from '../../src/lib/bytes.ts'
import { accountIdBytes, type AccountId, type DeviceId } from '../../src/protocol/ids.ts'
import type { Writer } from '../db/group-commit.ts'
import type { Db, Tx } from '../db/schema.ts'

/** One sealed envelope for one device. */
export interface NewEnvelope {
  readonly device: DeviceId
  /** 16 bytes. */
  readonly id: Uint8Array
  readonly body: Uint8Array
}

export interface StoredEnvelope {
  /** Counts up; the order of delivery. */
  readonly seq: number
  readonly id: Uint8Array
  readonly body: Uint8Array
  /** It came by a request key. */
  readonly request: boolean
  readonly storedAt: number
}

export interface DepositOptions {
  /** SHA-256 of the request key it came by; null for a delivery key. */
  readonly requestHash: Uint8Array | null
  readonly now: number
  readonly expiresAt: number
}

/** Why an entry was not stored. */
export type NotStored = 'unknown-device' | 'quota'

export interface DepositOutcome {
  /** Devices whose mailbox holds an entry of this deposit now, those with repeats included; one for each entry. */
  readonly stored: readonly DeviceId[]
  readonly refused: readonly NotStored[]
}

export interface MailboxLimits {
  readonly mailboxCount: number
  readonly mailboxBytes: number
  readonly requestsPerKey: number
}

/** Envelopes that wait for devices. */
export interface MailboxStore {
  /** Stores what fits, durably. An envelope id that waits there already counts as stored. */
  deposit(
    account: AccountId,
    entries: readonly NewEnvelope[],
    options: DepositOptions
  ): Promise<DepositOutcome>
  /** Waiting envelopes with a higher `seq`, in order: at most `count`, and no more than `bytes` of bodies unless the first is larger. */
  after(
    account: AccountId,
    device: DeviceId,
    seq: number,
    most: { readonly count: number; readonly bytes: number; readonly now: number }
  ): Promise<readonly StoredEnvelope[]>
  /** Deletes this device's envelopes with these ids; returns how many there were. */
  acknowledge(account: AccountId, device: DeviceId, ids: readonly Uint8Array[]): Promise<number>
  /** Deletes up to `most` that have expired; returns how many. */
  sweep(now: number, most: number): Promise<number>
  count(): Promise<number>
}

/** The mailbox store in SQL. */
export const createMailboxStore = (db: Db, writer: Writer, limits: MailboxLimits): MailboxStore => ({
  deposit: (account, entries, options) =>
    writer.write((tx) => deposit(tx, accountIdBytes(account), entries, options, limits)),
  after: async (account, device, seq, { count, bytes, now }) => {
    const id = accountIdBytes(account)
    const sizes = await db
      .selectFrom('envelopes')
      .select(['seq', 'size'])
      .where('account', '=', id)
      .where('device', '=', device)
      .where('seq', '>', seq)
      .where('expires_at', '>', now)
      .orderBy('seq')
      .limit(count)
      .execute()
    let sum = 0
    const fitting = sizes.filter((row, index) => (sum += row.size) <= bytes || index === 0)
    const last = fitting.at(-1)
    if (!last) return []
    const rows = await db
      .selectFrom('envelopes')
      .select(['seq', 'envelope', 'body', 'request_hash', 'stored_at'])
      .where('account', '=', id)
      .where('device', '=', device)
      .where('seq', '>', seq)
      .where('seq', '<=', last.seq)
      .where('expires_at', '>', now)
      .orderBy('seq')
      .execute()
    return rows.map((row) => ({
      seq: row.seq,
      id: row.envelope,
      body: row.body,
      request: row.request_hash !== null,
      storedAt: row.stored_at,
    }))
  },
  acknowledge: (account, device, ids) =>
    writer.write(async (tx) => {
      if (ids.length === 0) return 0
      const id = accountIdBytes(account)
      const gone = await tx
        .deleteFrom('envelopes')
        .where('account', '=', id)
        .where('device', '=', device)
        // In id order, so that two acknowledgements of one mailbox cannot lock each other out (PostgreSQL).
        .where(
          'envelope',
          'in',
          [...ids].sort((a, b) => (toHex(a) < toHex(b) ? -1 : 1))
        )
        .returning('size')
        .execute()
      await uncount(tx, id, device, gone)
      return gone.length
    }),
  sweep: (now, most) =>
    writer.write(async (tx) => {
      const gone = await tx
        .deleteFrom('envelopes')
        .where('seq', 'in', (eb) =>
          eb
            .selectFrom('envelopes as old')
            .select('old.seq')
            .where('old.expires_at', '<=', now)
            .orderBy('old.expires_at')
            .limit(most)
        )
        .returning(['account', 'device', 'size'])
        .execute()
      const mailboxes = Map.groupBy(gone, (row) => `${toHex(row.account)}.${row.device}`)
      for (const rows of mailboxes.values()) {
        const [first] = rows
        if (first) await uncount(tx, first.account, first.device, rows)
      }
      return gone.length
    }),
  count: async () => {
    const row = await db
      .selectFrom('devices')
      .select((eb) => eb.fn.sum<number | null>('queued_count').as('count'))
      .executeTakeFirstOrThrow()
    return Number(row.count ?? 0)
  },
})

const deposit = async (
  tx: Tx,
  account: Uint8Array,
  entries: readonly NewEnvelope[],
  options: DepositOptions,
  limits: MailboxLimits
): Promise<DepositOutcome> => {
  const stored: DeviceId[] = []
  const refused: NotStored[] = []
  const devices = await tx
    .selectFrom('devices')
    .select(['device', 'queued_count', 'queued_bytes'])
    .where('account', '=', account)
    .where('device', 'in', [...new Set(entries.map((entry) => entry.device))])
    .execute()
  let requests = options.requestHash ? await requestCount(tx, account, options.requestHash) : 0
  for (const entry of entries) {
    const device = devices.find((one) => one.device === entry.device)
    if (!device) {
      refused.push('unknown-device')
      continue
    }
    const known = await tx
      .selectFrom('envelopes')
      .select('seq')
      .where('account', '=', account)
      .where('device', '=', entry.device)
      .where('envelope', '=', entry.id)
      .executeTakeFirst()
    if (known) {
      stored.push(entry.device)
      continue
    }
    const full =
      device.queued_count >= limits.mailboxCount ||
      device.queued_bytes + entry.body.length > limits.mailboxBytes ||
      (options.requestHash !== null && requests >= limits.requestsPerKey)
    if (full) {
      refused.push('quota')
      continue
    }
    await tx
      .insertInto('envelopes')
      .values({
        account,
        device: entry.device,
        envelope: entry.id,
        body: entry.body,
        size: entry.body.length,
        request_hash: options.requestHash,
        stored_at: options.now,
        expires_at: options.expiresAt,
      })
      .execute()
    device.queued_count += 1
    device.queued_bytes += entry.body.length
    requests += 1
    stored.push(entry.device)
  }
  for (const { device, ...queued } of devices) {
    await tx
      .updateTable('devices')
      .set(queued)
      .where('account', '=', account)
      .where('device', '=', device)
      .execute()
  }
  return { stored, refused }
}

const requestCount = async (tx: Tx, account: Uint8Array, hash: Uint8Array): Promise<number> => {
  const row = await tx
    .selectFrom('envelopes')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account', '=', account)
    .where('request_hash', '=', hash)
    .executeTakeFirstOrThrow()
  return Number(row.count)
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

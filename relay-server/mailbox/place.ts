import { toHex } from '../../src/lib/bytes.ts'
import { createInsert, createLookup } from '../db/counted-query.ts'
import type { DevicesTable, EnvelopesTable, Tx } from '../db/schema.ts'
import type { DepositOptions, MailboxLimits, NewEnvelope, NotStored } from './deposit.ts'
import { createSharedBodies, sizeOf, type SharedBodies } from './shared-bodies.ts'

/** A device's row as this transaction holds it. */
export interface Mailbox {
  readonly row: DevicesTable
  changed: boolean
}

/** An envelope on its way into a mailbox. */
export interface Entry extends NewEnvelope, DepositOptions {
  readonly account: Uint8Array
  readonly mailbox: Mailbox | undefined
  readonly requestHash: Uint8Array | null
  state: 'waiting' | 'stored' | NotStored
  /** It was not there before. */
  fresh: boolean
}

/**
 * Makes what puts entries into their mailboxes as far as the quotas go, in order. Each entry's state says what became of it. `rowsAtOnce`: rows
 * of one INSERT.
 */
export const createPlacing = (
  rowsAtOnce: number,
  limits: MailboxLimits
): ((tx: Tx, entries: readonly Entry[]) => Promise<void>) => {
  const insert = createEnvelopeInsert(rowsAtOnce)
  const keepCounts = createCountKeeping(rowsAtOnce)
  return async (tx, entries) => {
    for (const entry of entries) if (!entry.mailbox) entry.state = 'unknown-device'
    const requests = await requestCounts(tx, entries)
    const tails = createSharedBodies()
    let waiting = entries.filter(({ state }) => state === 'waiting')
    while (waiting.length > 0) {
      const fitting = waiting.filter((entry) => reserve(entry, requests, limits))
      const isFresh = await insert(tx, fitting, tails)
      for (const entry of fitting) {
        entry.state = 'stored'
        // What waits there already takes no room again.
        entry.fresh = isFresh(entry)
        if (!entry.fresh) free(entry, requests)
      }
      const left = waiting.filter(({ state }) => state === 'waiting')
      // Room that repeats gave back may be enough for others.
      if (left.length === waiting.length || fitting.length === 0) break
      waiting = left
    }
    const full = entries.filter(({ state }) => state === 'waiting')
    const present = await presentOf(tx, full)
    for (const entry of full) entry.state = present.has(nameOf(entry)) ? 'stored' : 'quota'
    await tails.dropUnused(tx)
    await keepCounts(tx, changedOf(entries))
  }
}

interface Named {
  readonly account: Uint8Array
  readonly device: number
  readonly id: Uint8Array
}

const nameOf = ({ account, device, id }: Named): string => `${toHex(account)}.${device}.${toHex(id)}`

const requestNameOf = ({ account, requestHash }: Entry): string =>
  `${toHex(account)}.${toHex(requestHash ?? new Uint8Array())}`

const reserve = (entry: Entry, requests: Map<string, number>, limits: MailboxLimits): boolean => {
  const { mailbox, requestHash } = entry
  if (!mailbox) return false
  const { row } = mailbox
  const asked = requestHash === null ? 0 : (requests.get(requestNameOf(entry)) ?? 0)
  if (
    row.queued_count >= limits.mailboxCount ||
    row.queued_bytes + sizeOf(entry) > limits.mailboxBytes ||
    asked >= limits.requestsPerKey
  ) {
    return false
  }
  row.queued_count += 1
  row.queued_bytes += sizeOf(entry)
  if (requestHash !== null) requests.set(requestNameOf(entry), asked + 1)
  mailbox.changed = true
  return true
}

const free = (entry: Entry, requests: Map<string, number>): void => {
  const { mailbox, requestHash } = entry
  if (!mailbox) return
  mailbox.row.queued_count -= 1
  mailbox.row.queued_bytes -= sizeOf(entry)
  if (requestHash === null) return
  const name = requestNameOf(entry)
  requests.set(name, (requests.get(name) ?? 1) - 1)
}

type Row = Omit<EnvelopesTable, 'seq'>

/** Makes what inserts what is not there. It answers what tells, asked once for each entry in their order, whether it was not. */
const createEnvelopeInsert = (rowsAtOnce: number) => {
  const run = createInsert(rowsAtOnce, (tx, rows: readonly Row[]) =>
    tx
      .insertInto('envelopes')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['account', 'device', 'envelope']).doNothing())
      .returning('seq')
  )
  const namesOf = createLookup((tx, seqs: readonly number[]) =>
    tx.selectFrom('envelopes').select(['account', 'device', 'envelope as id']).where('seq', 'in', seqs)
  )
  return async (
    tx: Tx,
    entries: readonly Entry[],
    tails: SharedBodies
  ): Promise<(entry: Entry) => boolean> => {
    const shared = new Map<Uint8Array | undefined, Uint8Array>()
    for (const { tail, expiresAt } of entries)
      if (tail && !shared.has(tail)) shared.set(tail, await tails.keep(tx, tail, expiresAt))
    const rows = entries.map((entry) => ({
      account: entry.account,
      device: entry.device,
      envelope: entry.id,
      body: entry.body,
      shared: shared.get(entry.tail) ?? null,
      size: sizeOf(entry),
      request_hash: entry.requestHash,
      stored_at: entry.now,
      expires_at: entry.expiresAt,
    }))
    const inserted = await run(tx, rows)
    // Repeats are rare: only then is it worth reading back which ones were new.
    if (inserted.length === rows.length) return () => true
    const seqs = inserted.map(({ seq }) => seq)
    const names = new Set((await namesOf(tx, seqs)).map(nameOf))
    return (entry) => names.delete(nameOf(entry))
  }
}

/** Which of these wait in their mailboxes. */
const presentOf = async (tx: Tx, entries: readonly Entry[]): Promise<ReadonlySet<string>> => {
  const present = new Set<string>()
  for (const { account, device, id } of entries) {
    const row = await tx
      .selectFrom('envelopes')
      .select('seq')
      .where('account', '=', account)
      .where('device', '=', device)
      .where('envelope', '=', id)
      .executeTakeFirst()
    if (row) present.add(nameOf({ account, device, id }))
  }
  return present
}

/** Waiting envelopes by each request key of a batch. */
const requestCounts = async (tx: Tx, entries: readonly Entry[]): Promise<Map<string, number>> => {
  const counts = new Map<string, number>()
  for (const entry of entries) {
    const { account, requestHash } = entry
    if (requestHash === null || counts.has(requestNameOf(entry))) continue
    const row = await tx
      .selectFrom('envelopes')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('account', '=', account)
      .where('request_hash', '=', requestHash)
      .executeTakeFirstOrThrow()
    counts.set(requestNameOf(entry), Number(row.count))
  }
  return counts
}

/** Rows of devices whose counts are others now. */
const changedOf = (entries: readonly Entry[]): readonly DevicesTable[] =>
  [...new Set(entries.map(({ mailbox }) => mailbox))].flatMap((mailbox) =>
    mailbox?.changed ? [mailbox.row] : []
  )

/** Makes what writes the counts of devices. All of them are there: this is an update of many rows by one statement, in both dialects. */
const createCountKeeping = (rowsAtOnce: number) =>
  createInsert(rowsAtOnce, (tx, rows: readonly DevicesTable[]) =>
    tx
      .insertInto('devices')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['account', 'device']).doUpdateSet((eb) => ({
          queued_count: eb.ref('excluded.queued_count'),
          queued_bytes: eb.ref('excluded.queued_bytes'),
        }))
      )
  )

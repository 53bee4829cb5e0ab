import { equalBytes, toHex } from '../../src/lib/bytes.ts'
import { accountIdBytes, type AccountId, type DeviceId } from '../../src/protocol/ids.ts'
import type { KeyKind } from '../auth/key-store.ts'
import { createLookup } from '../db/counted-query.ts'
import type { Tx } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'
import { createPlacing, type Entry, type Mailbox } from './place.ts'

/** One sealed envelope for one device. */
export interface NewEnvelope {
  readonly device: DeviceId
  /** 16 bytes. */
  readonly id: Uint8Array
  readonly body: Uint8Array
}

/** What is offered to one account. */
export interface DepositRequest {
  readonly account: AccountId
  /** SHA-256 of the key that was shown. */
  readonly keyHash: Uint8Array
  /** Revision of the device list that the sender knows. */
  readonly listRevision: number
  readonly entries: readonly NewEnvelope[]
  /** A request key opens nothing here. */
  readonly deliveryOnly?: boolean
}

export interface DepositOptions {
  readonly now: number
  readonly expiresAt: number
  /** What all bodies end with; it is kept once. */
  readonly tail?: Uint8Array
}

/** Why an entry was not stored. */
export type NotStored = 'unknown-device' | 'quota'

/**
 * `no-key`: the key opens nothing, or there is no such account. `too-large`: a request key takes only small envelopes. `list-changed`: the
 * account has a newer device list, of this revision. `done`: `stored` names the devices whose mailbox holds an entry now, repeats included,
 * one for each entry; `request`: it came by a request key; `keyEnds`: when that key ends, in ms since 1970; `fresh`: which entries are new there.
 */
export type DepositOutcome =
  | { readonly kind: 'no-key' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'list-changed'; readonly revision: number }
  | {
      readonly kind: 'done'
      readonly request: boolean
      readonly keyEnds: number | null
      readonly stored: readonly DeviceId[]
      readonly refused: readonly NotStored[]
      /** Indexes of the entries that did not wait there before. */
      readonly fresh: readonly number[]
    }

/** Deposits that are answered together. */
export interface DepositJob {
  readonly requests: readonly DepositRequest[]
  readonly options: DepositOptions
}

export interface MailboxLimits {
  readonly mailboxCount: number
  readonly mailboxBytes: number
  readonly requestsPerKey: number
  /** Largest envelope by a request key, bytes. */
  readonly requestBytes: number
}

interface AccessKey {
  readonly account: Uint8Array
  readonly hash: Uint8Array
  readonly kind: KeyKind
  readonly expires_at: number | null
}

/** What the store knows of the accounts of a batch, by their bytes in hexadecimal. */
interface Known {
  readonly mailboxes: ReadonlyMap<string, Mailbox>
  readonly keys: ReadonlyMap<string, readonly AccessKey[]>
  readonly revisions: ReadonlyMap<string, number>
}

/** Makes what does a batch of deposits in one transaction, with a handful of statements however many they are. */
export const createDeposits = (
  writer: Pick<Writer, 'engine' | 'rowsAtOnce'>,
  limits: MailboxLimits
): ((tx: Tx, jobs: readonly DepositJob[]) => Promise<readonly (readonly DepositOutcome[])[]>) => {
  const look = createLook(writer.engine)
  const place = createPlacing(writer.rowsAtOnce, limits)
  return async (tx, jobs) => {
    const accounts = [...new Set(jobs.flatMap(({ requests }) => requests.map(({ account }) => account)))]
    const known = await look(tx, accounts.map(accountIdBytes))
    const entries: Entry[] = []
    const answers: (() => DepositOutcome)[][] = []
    for (const { requests, options } of jobs) {
      const mine: (() => DepositOutcome)[] = []
      for (const request of requests) {
        const checked = check(known, request, options, limits)
        if ('kind' in checked) mine.push(() => checked)
        else {
          entries.push(...checked.entries)
          mine.push(() => done(request, checked.entries, checked.key))
        }
      }
      answers.push(mine)
    }
    await place(tx, entries)
    return answers.map((mine) => mine.map((answer) => answer()))
  }
}

/** Makes the look at accounts. Their mailboxes are held until the transaction ends, always in the same order. */
const createLook = (
  engine: Writer['engine']
): ((tx: Tx, accounts: readonly Uint8Array[]) => Promise<Known>) => {
  const devicesOf = createLookup((tx, accounts: readonly Uint8Array[]) =>
    tx
      .selectFrom('devices')
      // Each by its name: a statement that is kept prepared breaks when what it answers changes, as `*` would with a newer relay's columns.
      .select(['account', 'device', 'request_key', 'queued_count', 'queued_bytes', 'epoch', 'start'])
      .where('account', 'in', accounts)
      .orderBy('account')
      .orderBy('device')
      // Numbers of envelopes are taken under this lock: within a mailbox, what is committed later has the higher one.
      .$if(engine === 'postgres', (query) => query.forUpdate())
  )
  const keysOf = createLookup((tx, accounts: readonly Uint8Array[]) =>
    tx
      .selectFrom('access_keys')
      .select(['account', 'hash', 'kind', 'expires_at'])
      .where('account', 'in', accounts)
  )
  const revisionsOf = createLookup((tx, accounts: readonly Uint8Array[]) =>
    tx
      .selectFrom('accounts')
      .innerJoin('lists', 'lists.publish_key', 'accounts.publish_key')
      .select(({ fn }) => ['accounts.account', fn.max('lists.revision').as('revision')])
      .where('accounts.account', 'in', accounts)
      .groupBy('accounts.account')
  )
  return async (tx, accounts) => {
    const devices = await devicesOf(tx, accounts)
    const keys = await keysOf(tx, accounts)
    const revisions = await revisionsOf(tx, accounts)
    return {
      mailboxes: new Map(
        devices.map((row) => [`${toHex(row.account)}.${row.device}`, { row, changed: false }])
      ),
      keys: Map.groupBy(keys, (key) => toHex(key.account)),
      revisions: new Map(revisions.map(({ account, revision }) => [toHex(account), revision])),
    }
  }
}

const check = (
  { mailboxes, keys, revisions }: Known,
  request: DepositRequest,
  options: DepositOptions,
  limits: MailboxLimits
): DepositOutcome | { readonly entries: readonly Entry[]; readonly key: AccessKey } => {
  const account = accountIdBytes(request.account)
  const name = toHex(account)
  let key: AccessKey | undefined
  for (const one of keys.get(name) ?? []) {
    if (!equalBytes(one.hash, request.keyHash)) continue
    if (one.expires_at === null || one.expires_at > options.now) key = one
  }
  if (!key || (request.deliveryOnly && key.kind === 'request')) return { kind: 'no-key' }
  const asked = key.kind === 'request'
  if (asked && request.entries.some(({ body }) => body.length > limits.requestBytes))
    return { kind: 'too-large' }
  const revision = revisions.get(name) ?? 0
  if (revision > request.listRevision) return { kind: 'list-changed', revision }
  const requestHash = asked ? request.keyHash : null
  const entries = request.entries.map((entry): Entry => ({
    ...entry,
    ...options,
    account,
    mailbox: mailboxes.get(`${name}.${entry.device}`),
    requestHash,
    state: 'waiting',
    fresh: false,
  }))
  return { entries, key }
}

const done = ({ entries }: DepositRequest, placed: readonly Entry[], key: AccessKey): DepositOutcome => ({
  kind: 'done',
  request: key.kind === 'request',
  keyEnds: key.expires_at,
  stored: entries.filter((_entry, index) => placed[index]?.state === 'stored').map(({ device }) => device),
  refused: placed.flatMap(({ state }) => (state === 'unknown-device' || state === 'quota' ? [state] : [])),
  fresh: placed.flatMap(({ fresh }, index) => (fresh ? [index] : [])),
})

import type { ContactRow, OwnAccount, Tx } from '../../../core/ports/storage.ts'
import type { ContactState, SafetyState } from '../../../core/domain/contact.ts'
import { conversationWith, type AccountId, type DeviceId } from '../../../protocol/ids.ts'
import type { SqlDriver, SqlRow } from '../driver.ts'
import { blob, blobOrNull, integer, list, text, textOrNull, upsert } from './columns.ts'
import type { Touched } from '../changes.ts'

const ACCOUNT = [
  'one',
  'account',
  'account_key',
  'entropy',
  'device',
  'registration_id',
  'identity_public',
  'identity_private',
  'request_private',
  'publish_private',
  'profile_key',
  'delivery_key',
  'name',
  'relays',
  'list_chain',
  'list_revision',
  'created_at',
] as const
const PUT_ACCOUNT = upsert('own_account', 'one', ACCOUNT)
const GET_ACCOUNT = 'SELECT * FROM own_account WHERE one = 1'

/** The own account: one row. */
export const accountRows = (driver: SqlDriver, touched: Touched): Tx['account'] => ({
  get: () => {
    const row = driver.prepare(GET_ACCOUNT).get()
    return row && toAccount(row)
  },
  put: (own) => {
    touched.table('account')
    driver
      .prepare(PUT_ACCOUNT)
      .run(
        1,
        own.account,
        own.accountKey,
        own.entropy,
        own.device,
        own.registrationId,
        own.identityPublic,
        own.identityPrivate,
        own.requestPrivate,
        own.publishPrivate,
        own.profileKey,
        own.deliveryKey,
        own.name,
        JSON.stringify(own.relays),
        own.listChain,
        own.listRevision,
        own.createdAt
      )
  },
})

const toAccount = (row: SqlRow): OwnAccount => ({
  account: text(row, 'account') as AccountId,
  accountKey: blob(row, 'account_key'),
  entropy: blobOrNull(row, 'entropy'),
  device: integer(row, 'device') as DeviceId,
  registrationId: integer(row, 'registration_id'),
  identityPublic: blob(row, 'identity_public'),
  identityPrivate: blob(row, 'identity_private'),
  requestPrivate: blob(row, 'request_private'),
  publishPrivate: blob(row, 'publish_private'),
  profileKey: blob(row, 'profile_key'),
  deliveryKey: blob(row, 'delivery_key'),
  name: text(row, 'name'),
  relays: list<string>(row, 'relays'),
  listChain: blob(row, 'list_chain'),
  listRevision: integer(row, 'list_revision'),
  createdAt: integer(row, 'created_at'),
})

const CONTACT = [
  'account',
  'account_key',
  'name',
  'state',
  'safety',
  'relays',
  'delivery_key',
  'request_key',
  'profile_key',
  'profile_physical',
  'profile_logical',
  'list_chain',
  'list_revision',
  'list_seen_at',
  'known_devices',
  'blocked_from',
  'since',
  'vanish_after',
  'vanish_physical',
  'vanish_logical',
] as const
const PUT_CONTACT = upsert('contacts', 'account', CONTACT)

/** Other people. */
export const contactRows = (driver: SqlDriver, touched: Touched): Tx['contacts'] => ({
  get: (account) => {
    const row = driver.prepare('SELECT * FROM contacts WHERE account = ?').get(account)
    return row && toContactRow(row)
  },
  put: (contact) => {
    touched.table('contacts')
    touched.conversation(conversationWith(contact.account))
    driver
      .prepare(PUT_CONTACT)
      .run(
        contact.account,
        contact.accountKey,
        contact.name,
        contact.state,
        contact.safety,
        JSON.stringify(contact.relays),
        contact.deliveryKey,
        contact.requestKey,
        contact.profileKey,
        contact.profileClock.physical,
        contact.profileClock.logical,
        contact.listChain,
        contact.listRevision,
        contact.listSeenAt,
        JSON.stringify(contact.knownDevices),
        contact.blockedFrom,
        contact.since,
        contact.vanish?.after ?? 0,
        contact.vanish?.set.physical ?? null,
        contact.vanish?.set.logical ?? null
      )
  },
  list: () => driver.prepare('SELECT * FROM contacts').all().map(toContactRow),
})

const toContactRow = (row: SqlRow): ContactRow => ({
  account: text(row, 'account') as AccountId,
  accountKey: blob(row, 'account_key'),
  name: text(row, 'name'),
  state: text(row, 'state') as ContactState,
  safety: text(row, 'safety') as SafetyState,
  relays: list<string>(row, 'relays'),
  deliveryKey: blobOrNull(row, 'delivery_key'),
  requestKey: blobOrNull(row, 'request_key'),
  profileKey: blobOrNull(row, 'profile_key'),
  profileClock: { physical: integer(row, 'profile_physical'), logical: integer(row, 'profile_logical') },
  listChain: blob(row, 'list_chain'),
  listRevision: integer(row, 'list_revision'),
  listSeenAt: integer(row, 'list_seen_at'),
  knownDevices: list<number>(row, 'known_devices'),
  blockedFrom: textOrNull(row, 'blocked_from') as ContactRow['blockedFrom'],
  since: integer(row, 'since'),
  ...(row['vanish_physical'] === null
    ? {}
    : {
        vanish: {
          after: integer(row, 'vanish_after'),
          set: { physical: integer(row, 'vanish_physical'), logical: integer(row, 'vanish_logical') },
        },
      }),
})

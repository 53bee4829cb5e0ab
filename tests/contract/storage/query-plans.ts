/** How an engine goes about every query of the repositories. */
import type { SqlDriver } from '../../../src/adapters/storage/driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import type { Tx } from '../../../src/core/ports/storage.ts'
import {
  ANA,
  anywhere,
  contactRow,
  deviceId,
  envelopeDigest,
  envelopeId,
  job,
  message,
  messageId,
  ownAccount,
  WITH_ANA,
} from './samples.ts'

/** Tables that stay small: one row, one a setting, one a contact, and what waits to be sent by account. */
const SMALL = /^SCAN (own_account|settings|contacts|receipts_due|search_progress)\b/
/**
 * A walk along an index in the order that is wanted anyway, ended by LIMIT, a count of an index of waiting jobs alone, no table at all, and a view
 * whose parts are looked up by steps of their own.
 */
const ORDERED =
  /^SCAN (CONSTANT ROW|c USING INDEX conversations_active|outbox USING COVERING INDEX outbox_queued|messages_searched|messages_(words|parts) VIRTUAL TABLE INDEX \S+)$/
/** The smallest of an index is its first entry; of a WITHOUT ROWID or rowid table, the last by key is its last. */
const FIRST_ENTRY =
  /^(SEARCH outbox USING COVERING INDEX outbox_due|SCAN (signal_\w+prekeys|search_changes|cleared))$/

/** Each method of a transaction, once. */
export const everyCall = (tx: Tx): void => {
  const key = message(1)
  tx.account.put(ownAccount)
  tx.account.get()
  tx.settings.put('a', 'b')
  tx.settings.get('a')
  tx.clock.put(tx.clock.get())
  tx.contacts.put(contactRow(ANA))
  tx.contacts.get(ANA)
  tx.contacts.list()
  tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 })
  tx.conversations.get(WITH_ANA)
  tx.messages.insert(message(1))
  tx.conversations.list(null, 9)
  tx.messages.get(key)
  tx.messages.setState(key, 'read', null)
  const edit = { clock: { physical: 1, logical: 0 }, text: 'a', at: 1 }
  tx.messages.edit(key, edit)
  tx.messages.keepEdit(key, edit)
  tx.messages.takeEdit(key)
  tx.messages.newest({ conversation: WITH_ANA, limit: 9 })
  tx.messages.named(WITH_ANA, messageId(1))
  tx.messages.upTo(message(1), 9)
  tx.messages.after(message(1), 9)
  tx.messages.firstUnread(WITH_ANA)
  tx.messages.lastSeen(WITH_ANA)
  tx.messages.markRead(WITH_ANA, message(1), 1)
  tx.messages.markRead(WITH_ANA, null, 1)
  tx.messages.beginVanishing(key, 1)
  tx.messages.vanished(1, 9)
  tx.messages.vanishing()
  tx.messages.beginAgain(1, 1)
  tx.search.waiting()
  tx.search.lacks()
  tx.settings.all()
  tx.history.messages(-1, 9)
  tx.history.markRead({ conversation: WITH_ANA, author: ANA, id: messageId(1) })
  tx.history.edits(WITH_ANA)
  tx.history.setEditClock(key, edit.clock)
  tx.history.setVanishAt(key, 1)
  tx.history.importing()
  tx.history.indexLater()
  tx.search.index(9)
  tx.search.catchUp(9)
  tx.deliveries.add(key, deviceId(1), 'read')
  tx.messages.erase(key)
  tx.messages.remove(key)
  tx.messages.clear(WITH_ANA)
  const seq = tx.outbox.add(job())
  tx.outbox.update({ seq, ...job() })
  tx.outbox.get(seq)
  tx.outbox.dueAccounts(9)
  tx.outbox.ofAccount(ANA, 9)
  tx.outbox.ofAccount(ANA, 9, seq)
  tx.outbox.dueOfAccount(ANA, 9, 9)
  tx.outbox.ofMessage(ANA, messageId(1))
  tx.outbox.byEnvelope(envelopeId(1))
  tx.outbox.nextDueAt()
  tx.outbox.count()
  tx.outbox.remove(seq)
  tx.inbox.markSeen({ digest: envelopeDigest(1), messageId: null, account: null, at: 1 })
  tx.inbox.seen(envelopeDigest(1))
  tx.inbox.sweep(1)
  tx.inbox.putUndecryptable({
    envelopeId: envelopeId(1),
    account: ANA,
    device: deviceId(1),
    body: new Uint8Array(1),
    asked: 0,
    at: 0,
  })
  tx.inbox.undecryptable(envelopeId(1))
  tx.inbox.removeUndecryptable(envelopeId(1))
  tx.receipts.due(ANA, messageId(1), 'read')
  tx.receipts.accounts()
  tx.receipts.list(ANA, 'read', 9)
  tx.receipts.clear(ANA, 'read', [messageId(1)])
  tx.history.clear()
  tx.resends.count(ANA, deviceId(1), messageId(1))
  tx.outbox.unseal()
  signalCalls(tx.signal)
  tx.signal.clear()
}

export const signalCalls = (signal: Tx['signal']): void => {
  const record = new Uint8Array(1)
  signal.putSession('a.1', record)
  signal.session('a.1')
  signal.removeSession('a.1')
  signal.putIdentity('a.1', record)
  signal.identity('a.1')
  signal.putPreKey(1, record)
  signal.preKey(1)
  signal.removePreKey(1)
  signal.putSignedPreKey(1, record, 1)
  signal.signedPreKey(1)
  signal.newestSignedPreKey()
  signal.putKyberPreKey(1, record, true, 1)
  signal.kyberPreKey(1)
  signal.newestLastResort()
  signal.removeKyberPreKey(1)
  signal.markKyberUsed(1, 1, record)
  signal.nextPreKeyIds('ec', 1)
  signal.sweepRetired(1)
}

/** Notes the text of every statement that is prepared. */
const listening = (driver: SqlDriver): { readonly driver: SqlDriver; readonly statements: Set<string> } => {
  const statements = new Set<string>()
  return {
    statements,
    driver: {
      ...driver,
      prepare: (sql) => {
        statements.add(sql)
        return driver.prepare(sql)
      },
    },
  }
}

/** The steps of one query. */
export const planOf = (driver: SqlDriver, sql: string): readonly string[] =>
  driver
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...Array.from({ length: sql.split('?').length - 1 }, () => null))
    .map((row) => String(row['detail']))

/** The steps of every query of the repositories, by its text, over a database of the present schema that holds little. */
export const plansOf = (driver: SqlDriver): ReadonlyMap<string, readonly string[]> => {
  const { driver: listened, statements } = listening(driver)
  const store = createStore(listened)
  store.transaction(everyCall)
  store.transaction((tx) => {
    tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 })
    tx.messages.insert(message(1))
  })
  store.search(anywhere('abcd'), null, 9)
  store.transaction((tx) => tx.messages.erase(message(1)))
  store.transaction((tx) => tx.search.index(1))
  store.transaction((tx) => tx.messages.clear(WITH_ANA))
  store.transaction((tx) => {
    tx.messages.insert(message(2))
    tx.messages.newest({ conversation: WITH_ANA, limit: 9 })
    tx.messages.upTo(message(2), 9)
    tx.messages.after(message(2), 9)
    tx.messages.firstUnread(WITH_ANA)
    tx.messages.lastSeen(WITH_ANA)
    tx.messages.markRead(WITH_ANA, message(2), 1)
    tx.messages.markRead(WITH_ANA, null, 1)
    tx.conversations.list(null, 9)
  })
  while (store.read((tx) => tx.search.waiting()) !== 'none') store.transaction((tx) => tx.search.index(1))
  const found = [...statements].filter(
    (sql) => !/^(PRAGMA|BEGIN|COMMIT|ROLLBACK)|^DELETE FROM \w+$/.test(sql)
  )
  return new Map(found.map((sql) => [sql, planOf(driver, sql)]))
}

/** A device that has become another one writes all that waits anew, once. */
const WHOLE = 'UPDATE outbox SET envelope_id = NULL, ciphertext = NULL'

/** Steps that walk over a table that grows. */
export const walks = (plan: readonly string[]): readonly string[] =>
  plan.filter(
    (step) => step.startsWith('SCAN') && !SMALL.test(step) && !ORDERED.test(step) && !FIRST_ENTRY.test(step)
  )

/** Queries that walk over a table that grows, with the steps that do. */
export const walkers = (
  plans: ReadonlyMap<string, readonly string[]>
): readonly (readonly [sql: string, steps: readonly string[]])[] =>
  [...plans]
    .filter(([sql]) => !sql.startsWith(WHOLE))
    .map(([sql, plan]) => [sql, walks(plan)] as const)
    .filter(([, steps]) => steps.length > 0)

/** Queries that sort what they found. What came since a conversation was cleared, while that goes on, is looked up by its rows and sorted: it is little. */
export const sorters = (plans: ReadonlyMap<string, readonly string[]>): readonly string[] =>
  [...plans]
    .filter(
      ([sql, plan]) => !sql.includes('NOT INDEXED') && plan.some((step) => step.includes('TEMP B-TREE'))
    )
    .map(([sql]) => sql.slice(0, 40))

/** The one that does: who waits longest, of few. */
export const SORTED = ['SELECT account FROM outbox INDEXED BY ou']

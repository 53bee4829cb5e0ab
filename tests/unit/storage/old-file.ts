/**
 * Files that released versions wrote, kept in old-files/ for ever. `node tests/unit/storage/old-file.ts <path>` writes one as the
 * present version does; it is to be kept before a migration is added, and not replaced after the release.
 */
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import type { Store } from '../../../src/core/ports/storage.ts'
import {
  ANA,
  anywhere,
  bytesOf,
  contactRow,
  envelopeDigest,
  envelopeId,
  job,
  message,
  messageId,
  OWN,
  ownAccount,
  WITH_ANA,
} from '../../contract/storage/samples.ts'
import { OLD_FILE_KEY } from './old-file-key.ts'

const MESSAGES = [
  message(1, { text: 'Até amanhã, João' }),
  message(2, { author: OWN, own: true, state: 'delivered', text: '👩‍👩‍👧 漢字' }),
  message(3, { kind: 'notice', text: 'contact-accepted' }),
]
const CONVERSATION = { id: WITH_ANA, draft: 'a draft', activeAt: 5 }

/** Writes something into every kind of table. */
export const writeOldFile = (path: string): void => {
  const store = createStore(openNodeDriver(path, OLD_FILE_KEY))
  store.transaction((tx) => {
    tx.account.put(ownAccount)
    tx.settings.put('read-receipts', 'off')
    tx.clock.put({ physical: 1_800_000_000_003, logical: 1 })
    // What earlier versions did not know is as a migration leaves it.
    tx.contacts.put(contactRow(ANA, { profileClock: { physical: 0, logical: 0 } }))
    tx.conversations.put(CONVERSATION)
    for (const each of MESSAGES) tx.messages.insert(each)
    tx.messages.markRead(WITH_ANA, message(2), 0)
    tx.outbox.add(job({ envelopeId: envelopeId(1), ciphertext: bytesOf(9) }))
    tx.inbox.markSeen({ digest: envelopeDigest(2), messageId: messageId(1), account: ANA, at: 7 })
    tx.receipts.due(ANA, messageId(1), 'delivered')
    tx.signal.putSession('a.1', bytesOf(21, 900))
    tx.signal.putKyberPreKey(4, bytesOf(22), true, 3)
    tx.signal.nextPreKeyIds('ec', 40)
  })
  store.close()
}

/** What the app can see of it. */
export const contentsOf = (store: Store): unknown => {
  store.transaction((tx) => tx.search.index(99))
  const search = store.search(anywhere('joao'), null, 9).hits
  return store.transaction((tx) => ({
    account: tx.account.get(),
    readReceipts: tx.settings.get('read-receipts'),
    clock: tx.clock.get(),
    contacts: tx.contacts.list(),
    conversations: tx.conversations.list(null, 9).map(({ row, last }) => ({ row, last })),
    messages: tx.messages.newest({ conversation: WITH_ANA, limit: 9 }),
    firstUnread: tx.messages.firstUnread(WITH_ANA),
    search,
    outbox: tx.outbox.ofAccount(ANA, 9),
    seen: tx.inbox.seen(envelopeDigest(2)),
    receipts: tx.receipts.list(ANA, 'delivered', 9),
    session: tx.signal.session('a.1'),
    lastResort: tx.signal.newestLastResort(),
    nextPreKey: tx.signal.nextPreKeyIds('ec', 1),
  }))
}

if (import.meta.main && process.argv[2] !== undefined) writeOldFile(process.argv[2])

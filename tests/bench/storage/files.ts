/** The databases that are measured, made once by Node: encrypted as the app writes it, the same in plain, and one for sql.js, which has FTS4 only. */
import { existsSync } from 'node:fs'
import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3-multiple-ciphers'
import { migrate } from '../../../src/adapters/storage/migrate.ts'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import { accountId, message } from '../../contract/storage/samples.ts'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { conversationOf, conversationsOf, textOf } from './texts.ts'

/** Of these files only. */
export const BENCH_KEY = 'ab'.repeat(32)
const BATCH = 20_000

export type Kind = 'encrypted' | 'plain' | 'fts4'

const writeEncrypted = (path: string, size: number): void => {
  const store = createStore(openNodeDriver(path, BENCH_KEY))
  store.transaction((tx) => {
    for (let n = 0; n < conversationsOf(size); n++)
      tx.conversations.put({ id: conversationWith(accountId(2 + n)), draft: '', activeAt: n })
  })
  for (let from = 0; from < size; from += BATCH)
    store.transaction((tx) => {
      for (let n = from; n < Math.min(size, from + BATCH); n++)
        tx.messages.insert(message(n, { conversation: conversationOf(n, size), text: textOf(n) }))
    })
  while (store.read((tx) => tx.search.waiting()) !== 'none') store.transaction((tx) => tx.search.index(BATCH))
  store.close()
}

/** The same pages without encryption, in rollback mode, which every engine opens. */
const writePlain = async (encrypted: string, path: string): Promise<void> => {
  await copyFile(encrypted, path)
  const database = new Database(path)
  for (const pragma of [`cipher='chacha20'`, `hexkey='${BENCH_KEY}'`, 'journal_mode=DELETE', `rekey=''`])
    database.exec(`PRAGMA ${pragma}`)
  database.exec('VACUUM')
  database.close()
}

const writeFts4 = (plain: string, path: string): void => {
  const database = new Database(path)
  database.exec(`
    ATTACH '${plain}' AS plain;
    CREATE TABLE messages (
      pk INTEGER PRIMARY KEY, conversation TEXT NOT NULL, author TEXT NOT NULL, id TEXT NOT NULL,
      clock_physical INTEGER NOT NULL, clock_logical INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL,
      fail_reason TEXT, at INTEGER NOT NULL, own INTEGER NOT NULL, UNIQUE (conversation, id, author)
    );
    INSERT INTO messages SELECT pk, conversation, author, id, clock_physical, clock_logical, kind, text, state, fail_reason, at, own
      FROM plain.messages;
    CREATE INDEX messages_order ON messages (conversation, clock_physical, clock_logical, author, id);
    CREATE VIRTUAL TABLE messages_words USING fts4 (text, content="messages", prefix="2,3", order=desc, tokenize=unicode61 "remove_diacritics=2");
    INSERT INTO messages_words (docid, text) SELECT pk, text FROM messages;
    CREATE TRIGGER messages_inserted AFTER INSERT ON messages BEGIN
      INSERT INTO messages_words (docid, text) VALUES (new.pk, new.text);
    END;`)
  database.close()
}

/** Which schema the files are of. */
const schemaVersion = (): number => {
  const driver = openNodeDriver(':memory:', BENCH_KEY)
  migrate(driver)
  return Number(driver.prepare('PRAGMA user_version').get()?.['user_version'])
}

/**
 * Makes what is not there yet and answers with the paths. They are kept among the machine's temporary files, by the schema's version: a million messages take
 * some minutes.
 */
export const benchFiles = async (size: number): Promise<Readonly<Record<Kind, string>>> => {
  const folder = join(tmpdir(), 'mepassa-bench-storage', `${schemaVersion()}-${size}`)
  const paths = {
    encrypted: join(folder, 'encrypted.db'),
    plain: join(folder, 'plain.db'),
    fts4: join(folder, 'fts4.db'),
  }
  if (existsSync(folder)) return paths
  const making = `${folder}.new`
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { recursive: true })
  const [encrypted, plain, fts4] = Object.keys(paths).map((kind) => join(making, `${kind}.db`)) as [
    string,
    string,
    string,
  ]
  writeEncrypted(encrypted, size)
  await writePlain(encrypted, plain)
  writeFts4(plain, fts4)
  await rename(making, folder)
  return paths
}

/** What the tests make a store do inside a dedicated worker, the only place where its files can be opened. */
import { openBrowserDriver } from '../../../src/adapters/storage/browser-driver.ts'
import { createBrowserKeeper, type BrowserKeeper } from '../../../src/adapters/storage/browser-keeper.ts'
import { createStorageHealth } from '../../../src/adapters/storage/browser-health.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import type { SqlDriver } from '../../../src/adapters/storage/driver.ts'
import { entryOf, unlockEntry } from '../../../src/adapters/storage/key-store.ts'
import { copyPool } from '../../../src/adapters/storage/pool-files.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import type { KeeperCommand, KeeperCommands } from '../../../src/core/domain/keeper.ts'
import { StorageFailure, type Store } from '../../../src/core/ports/storage.ts'
import { driverCases, fileDriverCases } from '../../contract/storage/driver-suite.ts'
import { plansOf } from '../../contract/storage/query-plans.ts'
import { anywhere, message, WITH_ANA } from '../../contract/storage/samples.ts'
import { storeCases } from '../../contract/storage/store-suite.ts'
import { writePool } from './origin.ts'

const KEY = 'ab'.repeat(32)
const CONVERSATION = { id: WITH_ANA, draft: '', activeAt: 0 }
/** More than the page cache holds, so that the engine must write before the commit. */
const SPILL = 24 * 1024 * 1024
const LONG = 60 * 1024

/** Told instead of a number when damage is met. */
export const DAMAGE = -1

/** A page of a table or an index, counted from 1; `kind` is root, internal, leaf or overflow. */
export interface PageOfTree {
  readonly tree: string
  readonly page: number
  readonly kind: string
  /** Rows on it. */
  readonly cells: number
}

/** A text that is not the same twice and says its number. */
export const textOf = (n: number): string => `parrot ${n} ${'flies at noon '.repeat(n % 50)}`.trim()

const named = <T extends { readonly name: string }>(cases: readonly T[], name: string): T => {
  const found = cases.find((each) => each.name === name)
  if (!found) throw new Error(`no case is called "${name}"`)
  return found
}

/** Does something with the database of a store that is closed, past the keeper. */
const withDriver = async <T>(name: string, work: (driver: SqlDriver) => T): Promise<T> => {
  const entry = await entryOf(name, async () => false)
  const key = await unlockEntry(entry)
  if (!key) throw new Error('it has a lock')
  const driver = await openBrowserDriver({ name: entry.folder ?? name, keyHex: toHex(key), isUsed: true })
  try {
    return work(driver)
  } finally {
    driver.close()
  }
}

export const createOperations = (tell: (n: number) => void) => {
  const stores = new Map<string, Store>()
  const storeOf = (name: string): Store => {
    const store = stores.get(name)
    if (!store) throw new Error(`${name} is not open`)
    return store
  }
  const keepers = new Map<string, BrowserKeeper>()
  const keeperOf = (name: string): BrowserKeeper => {
    const keeper = keepers.get(name) ?? createBrowserKeeper({ name, expected: false })
    keepers.set(name, keeper)
    return keeper
  }
  const openStore = (name: string): Promise<Store> => keeperOf(name).open(() => tell(DAMAGE))
  const insert = (store: Store, n: number): void =>
    store.transaction((tx) => {
      if (!tx.conversations.get(WITH_ANA)) tx.conversations.put(CONVERSATION)
      tx.messages.insert(message(n, { text: textOf(n) }))
    })
  return {
    runDriverCase: async (database: string, name: string) =>
      named([...driverCases, ...fileDriverCases], name).run({
        open: () => openBrowserDriver({ name: database, keyHex: KEY, isUsed: false }),
      }),
    runStoreCase: async (database: string, name: string) => {
      const store = await openStore(database)
      try {
        await named(storeCases, name).run(store)
      } finally {
        store.close()
      }
    },
    /** Of a fresh database. */
    queryPlans: async (name: string) => {
      const driver = await openBrowserDriver({ name, keyHex: KEY, isUsed: false })
      try {
        return plansOf(driver)
      } finally {
        driver.close()
      }
    },
    open: async (name: string) => void stores.set(name, await openStore(name)),
    /** Opens a database that is given as the content of its file. */
    openFile: async (name: string, content: Uint8Array, key: string) => {
      await writePool(`${name}-given`, content)
      await copyPool(`${name}-given`, name)
      stores.set(name, createStore(await openBrowserDriver({ name, keyHex: key, isUsed: true })))
    },
    close: async (name: string) => {
      storeOf(name).close()
      stores.delete(name)
    },
    /** One message a transaction, each told after its commit. */
    write: async (name: string, from: number, count: number) => {
      for (let n = from; n < from + count; n++) {
        insert(storeOf(name), n)
        tell(n)
      }
    },
    /** A transaction that never ends; told once when it has outgrown the cache. */
    stayInside: async (name: string, from: number) =>
      storeOf(name).transaction((tx) => {
        let isTold = false
        for (let n = from; ; n++) {
          tx.messages.insert(message(n, { text: `lost ${String(n).repeat(LONG / 8)}`.slice(0, LONG) }))
          if (isTold || (n - from) * LONG < SPILL) continue
          isTold = true
          tell(n)
        }
      }),
    /** One long text in one transaction. */
    fill: async (name: string, from: number, count: number) =>
      storeOf(name).transaction((tx) => {
        tx.conversations.put(CONVERSATION)
        for (let n = from; n < from + count; n++)
          tx.messages.insert(
            message(n, {
              text: `big ${String(n)
                .padStart(8, '0')
                .repeat(LONG / 8)}`,
            })
          )
      }),
    /** One message with this text. */
    say: async (name: string, n: number, text: string) =>
      storeOf(name).transaction((tx) => void tx.messages.insert(message(n, { text }))),
    edit: async (name: string, n: number, text: string) =>
      storeOf(name).transaction((tx) =>
        tx.messages.edit(message(n), { clock: { physical: 9e12, logical: 0 }, text, at: 1 })
      ),
    remove: async (name: string, n: number) =>
      storeOf(name).transaction((tx) => tx.messages.remove(message(n))),
    /** All messages of the conversation. */
    clear: async (name: string) => storeOf(name).transaction((tx) => tx.messages.clear(WITH_ANA)),
    /** As the core does a moment after a deletion. */
    takeOut: async (name: string) => {
      const store = storeOf(name)
      while (['changed', 'struck'].includes(store.read((tx) => tx.search.waiting())))
        store.transaction((tx) => tx.search.index(1))
    },
    texts: async (name: string) =>
      storeOf(name).read((tx) =>
        tx.messages.newest({ conversation: WITH_ANA, limit: 100_000 }).map(({ text }) => text)
      ),
    /** Once all is in the search index, as the core brings it there little by little. */
    found: async (name: string, query: string) => {
      const store = storeOf(name)
      while (store.read((tx) => tx.search.waiting()) !== 'none')
        store.transaction((tx) => tx.search.index(1_000))
      return store.search(anywhere(query), null, 100_000).hits.length
    },
    /** What the keeper of the store answers. */
    keep: async <N extends KeeperCommand>(name: string, command: N, argument: KeeperCommands[N][0]) =>
      keeperOf(name).call(command, argument),
    missing: async (name: string) => storeOf(name).missing(),
    /** What the engine says of the file and of the search index. */
    integrity: (name: string) =>
      withDriver(name, (driver) => {
        for (const index of ['messages_words', 'messages_parts'])
          driver.exec(`INSERT INTO ${index} (${index}, rank) VALUES ('integrity-check', 1)`)
        return driver
          .prepare('PRAGMA integrity_check')
          .all()
          .map((row) => row['integrity_check'])
      }),
    /** Every page of every table and index. */
    pages: (name: string) =>
      withDriver(name, (driver) => {
        const rows = driver.prepare("SELECT name, pageno, pagetype, path, ncell FROM dbstat('main')").all()
        return rows.map((row): PageOfTree => ({
          tree: String(row['name']),
          page: Number(row['pageno']),
          kind: row['path'] === '/' ? 'root' : String(row['pagetype']),
          cells: Number(row['ncell']),
        }))
      }),
    /** Runs a statement, past the store, and answers its rows. */
    rows: (name: string, sql: string) => withDriver(name, (driver) => driver.prepare(sql).all()),
    /** How many pages, read without their encryption, hold a word. */
    holding: (name: string, word: string) =>
      withDriver(name, (driver) => {
        const decoder = new TextDecoder('latin1')
        return driver
          .prepare('SELECT data FROM sqlite_dbpage')
          .all()
          .filter(({ data }) => data instanceof Uint8Array && decoder.decode(data).includes(word)).length
      }),
    /** Leaves the database as a newer release would. */
    makeNewer: (name: string) => withDriver(name, (driver) => driver.exec('PRAGMA user_version=9999')),
    isFull: async (name: string) => storeOf(name).isFull(),
    health: (wanted?: number) => createStorageHealth().estimate(wanted),
  }
}

export type Operations = ReturnType<typeof createOperations>

export interface Call {
  readonly id: number
  readonly name: keyof Operations
  readonly args: readonly unknown[]
}
export type Told =
  | { readonly kind: 'told'; readonly n: number }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string; readonly why: string }

/** Answers the calls of a page. */
export const serveOperations = (post: (told: Told) => void): ((call: Call) => void) => {
  const operations = createOperations((n) => post({ kind: 'told', n }))
  return ({ id, name, args }) => {
    const operation = operations[name] as (...values: readonly unknown[]) => Promise<unknown>
    operation(...args).then(
      (value) => post({ kind: 'done', id, value }),
      (error: unknown) =>
        post({
          kind: 'failed',
          id,
          reason: error instanceof StorageFailure ? error.error.reason : 'none',
          why: whyOf(error),
        })
    )
  }
}

const whyOf = (error: unknown): string =>
  error instanceof Error
    ? `${error.message}${error.cause === undefined ? '' : `: ${whyOf(error.cause)}`}`
    : String(error)

/** What every database engine must do. Each case gets a database of its own. */
import { transact, type SqlDriver } from '../../../src/adapters/storage/driver.ts'
import { fails, same, thrown, type Case, type Reopenable } from './check.ts'

const one = (driver: SqlDriver, sql: string): unknown => Object.values(driver.prepare(sql).get() ?? {})[0]

const withTable = async (subject: Reopenable<SqlDriver>): Promise<SqlDriver> => {
  const driver = await subject.open()
  driver.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, value ANY) STRICT')
  return driver
}

/** True of every driver, in memory too. */
export const driverCases: readonly Case<Reopenable<SqlDriver>>[] = [
  {
    name: 'values come back as they were put',
    run: async (subject) => {
      const driver = await withTable(subject)
      const values = [
        '',
        'Zoë 🦜 \u0000 漢字',
        0,
        -1,
        2 ** 52 + 1,
        0.5,
        null,
        Uint8Array.of(0, 255, 7),
        new Uint8Array(0),
      ]
      const insert = driver.prepare('INSERT INTO t (value) VALUES (?)')
      for (const value of values) same(insert.run(value), 1, 'changed rows')
      same(driver.lastInsertId(), values.length)
      const rows = driver.prepare('SELECT value FROM t ORDER BY id').all()
      same(
        rows.map((row) => row['value']),
        values
      )
      same(
        rows[7]?.['value'] instanceof Uint8Array && rows[7]['value'].constructor.name,
        'Uint8Array',
        'kind of bytes'
      )
      driver.close()
    },
  },
  {
    name: 'a statement is reused, get takes the first row, absent rows are undefined',
    run: async (subject) => {
      const driver = await withTable(subject)
      driver.exec("INSERT INTO t (value) VALUES ('a'), ('b')")
      const get = driver.prepare('SELECT value FROM t WHERE id >= ? ORDER BY id')
      same(
        [get.get(1), get.get(2), get.get(3), get.get(1)],
        [{ value: 'a' }, { value: 'b' }, undefined, { value: 'a' }]
      )
      same(driver.prepare('UPDATE t SET value = ?').run('c'), 2, 'changed rows')
      same(driver.prepare('DELETE FROM t WHERE id > ?').run(9), 0, 'changed rows')
      driver.close()
    },
  },
  {
    name: 'parameters are data, never SQL',
    run: async (subject) => {
      const driver = await withTable(subject)
      const hostile = "'; DROP TABLE t; --"
      driver.prepare('INSERT INTO t (value) VALUES (?)').run(hostile)
      same(driver.prepare('SELECT value FROM t WHERE value = ?').get(hostile), { value: hostile })
      driver.close()
    },
  },
  {
    name: 'a transaction that throws leaves nothing, and the next one works',
    run: async (subject) => {
      const driver = await withTable(subject)
      const error = await thrown(() =>
        transact(driver, () => {
          driver.exec("INSERT INTO t (value) VALUES ('lost')")
          throw new RangeError('on purpose')
        })
      )
      same(error instanceof RangeError, true, 'the error itself')
      transact(driver, () => driver.exec("INSERT INTO t (value) VALUES ('kept')"))
      same(driver.prepare('SELECT value FROM t').all(), [{ value: 'kept' }])
      driver.close()
    },
  },
  {
    name: 'a statement that breaks a rule throws and does not spoil the connection',
    run: async (subject) => {
      const driver = await withTable(subject)
      const insert = driver.prepare('INSERT INTO t (id, value) VALUES (?, 1)')
      insert.run(1)
      await fails(() => insert.run(1), 'unavailable')
      same(insert.run(2), 1)
      await fails(() => driver.exec('SELECT nonsense'), 'unavailable')
      await fails(() => driver.prepare('SELEKT'), 'unavailable')
      same(one(driver, 'SELECT count(*) FROM t'), 2)
      driver.close()
    },
  },
  {
    name: 'every connection has the settings that durability, erasure and foreign keys need',
    run: async (subject) => {
      const driver = await subject.open()
      const settings = ['synchronous', 'foreign_keys', 'secure_delete', 'temp_store', 'cache_size']
      same(
        settings.map((name) => one(driver, `PRAGMA ${name}`)),
        [2, 1, 1, 2, -16384]
      )
      driver.close()
    },
  },
  {
    name: 'full-text search is there, with the options in use',
    run: async (subject) => {
      const driver = await subject.open()
      driver.exec(
        `CREATE VIRTUAL TABLE f USING fts5 (x, tokenize="unicode61 remove_diacritics 2", prefix='2 3')`
      )
      driver.exec("INSERT INTO f (f, rank) VALUES ('secure-delete', 1)")
      driver.exec("INSERT INTO f (x) VALUES ('São Paulo')")
      same(one(driver, `SELECT highlight(f, 0, '[', ']') FROM f WHERE f MATCH '"sao"*'`), '[São] Paulo')
      driver.close()
    },
  },
]

/** True of drivers that keep a file. */
export const fileDriverCases: readonly Case<Reopenable<SqlDriver>>[] = [
  {
    name: 'the file is in WAL mode under an exclusive lock, with pages of 4 KiB',
    run: async (subject) => {
      const driver = await withTable(subject)
      const settings = ['journal_mode', 'locking_mode', 'page_size', 'cipher']
      same(
        settings.map((name) => one(driver, `PRAGMA ${name}`)),
        ['wal', 'exclusive', 4096, 'chacha20']
      )
      driver.close()
    },
  },
  {
    name: 'what was committed is there after closing and opening, and the check of integrity passes',
    run: async (subject) => {
      const first = await withTable(subject)
      first.exec("INSERT INTO t (value) VALUES ('kept')")
      first.close()
      const second = await subject.open()
      same(one(second, 'SELECT value FROM t'), 'kept')
      same(one(second, 'PRAGMA integrity_check'), 'ok')
      second.close()
    },
  },
  {
    name: 'a second opener is told that it is locked, and the first goes on',
    run: async (subject) => {
      const first = await withTable(subject)
      await fails(() => subject.open(), 'locked')
      first.exec("INSERT INTO t (value) VALUES ('kept')")
      same(one(first, 'SELECT value FROM t'), 'kept')
      first.close()
      const second = await subject.open()
      same(one(second, 'SELECT value FROM t'), 'kept')
      second.close()
    },
  },
]

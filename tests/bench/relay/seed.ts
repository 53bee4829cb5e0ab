/** A store with registered devices and stored messages, made with its own migrations and then filled by plain SQL, which is quick. */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { openPostgresStore } from '../../../relay-server/store/postgres-store.ts'
import { openSqliteStore } from '../../../relay-server/store/sqlite-store.ts'

export const BODY_BYTES = 1_024
const DAY = 24 * 60 * 60 * 1_000

export interface Seed {
  readonly accounts: number
  /** Stored messages, spread over the accounts. */
  readonly rows: number
}

/** The delivery key of every seeded account. */
export const SEED_KEY = new Uint8Array(32).fill(7)
const KEY_HASH = createHash('sha256').update(SEED_KEY).digest()

/** The id of the account of a number. */
export const accountOf = (index: number): string =>
  `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`

const hexOf = (index: number): string => accountOf(index).replaceAll('-', '')

/** Fills the SQLite file of a data folder. */
export const seedSqlite = async (dataDir: string, { accounts, rows }: Seed): Promise<void> => {
  await (await openSqliteStore(dataDir, RELAY_LIMITS)).close()
  const db = new DatabaseSync(join(dataDir, 'relay.sqlite'))
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN')
  const each = Math.floor(rows / accounts)
  const account = db.prepare('INSERT INTO accounts (account, publish_key) VALUES (?, ?)')
  const device = db.prepare(
    'INSERT INTO devices (account, device, request_key, queued_count, queued_bytes) VALUES (?, 1, ?, ?, ?)'
  )
  const key = db.prepare("INSERT INTO access_keys (account, hash, kind) VALUES (?, ?, 'delivery')")
  const many = db.prepare(`
    WITH RECURSIVE n(i) AS (SELECT 1 WHERE ? > 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
    INSERT INTO envelopes (account, device, envelope, body, size, stored_at, expires_at)
    SELECT ?, 1, randomblob(16), randomblob(${BODY_BYTES}), ${BODY_BYTES}, ?, ? FROM n`)
  const now = Date.now()
  for (let index = 0; index < accounts; index++) {
    const id = Buffer.from(hexOf(index), 'hex')
    account.run(id, randomBytes(32))
    device.run(id, randomBytes(32), each, each * BODY_BYTES)
    key.run(id, KEY_HASH)
    many.run(each, each, id, now, now + DAY)
  }
  db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}

/** Fills a PostgreSQL database. */
export const seedPostgres = async (url: string, { accounts, rows }: Seed): Promise<void> => {
  await (await openPostgresStore({ url, connections: 2 }, RELAY_LIMITS)).close()
  const each = Math.floor(rows / accounts)
  const client = new Client({ connectionString: url })
  await client.connect()
  const now = Date.now()
  const id = `decode('00000000000040008000' || lpad(to_hex(a), 12, '0'), 'hex')`
  const all = `generate_series(0, ${accounts - 1}) a`
  for (const sql of [
    `insert into accounts select ${id}, sha256(a::text::bytea) from ${all}`,
    `insert into devices select ${id}, 1, sha256(a::text::bytea), ${each}, ${each * BODY_BYTES} from ${all}`,
    `insert into access_keys select ${id}, '\\x${KEY_HASH.toString('hex')}'::bytea, 'delivery', null from ${all}`,
    // Bodies that would compress, unlike sealed ones: rows of this size never are, however.
    `insert into envelopes (account, device, envelope, body, size, stored_at, expires_at)
     select ${id}, 1, decode(md5(a || '.' || i), 'hex'),
       decode(repeat(md5(a || '.' || i), ${BODY_BYTES / 16}), 'hex'),
       ${BODY_BYTES}, ${now}, ${now + DAY}
     from ${all}, generate_series(1, ${each}) i`,
    'vacuum analyze',
    'checkpoint',
  ])
    await client.query(sql)
  await client.end()
}

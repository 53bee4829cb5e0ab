/** What the relay keeps, read beside it from its database. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Every row of every table, by table. */
export const dumpRelay = (folder: string): Readonly<Record<string, readonly Record<string, unknown>[]>> =>
  reading(folder, (db) => {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
    return Object.fromEntries(
      tables.map(({ name }) => [String(name), db.prepare(`SELECT * FROM "${String(name)}"`).all()])
    )
  })

/** How many envelopes wait in all mailboxes. Those whose time is over are given to nobody, and wait only for the next sweep. */
export const storedEnvelopes = (folder: string): number =>
  reading(folder, (db) => {
    const waiting = db.prepare('SELECT count(*) AS count FROM envelopes WHERE expires_at > ?')
    return Number(waiting.get(Date.now())?.['count'])
  })

function reading<T>(folder: string, read: (db: DatabaseSync) => T): T {
  const name = readdirSync(folder).find((file) => /\.(?:db|sqlite3?)$/.test(file))
  if (name === undefined) throw new Error('The relay keeps no database there.')
  const db = new DatabaseSync(join(folder, name), { readOnly: true })
  try {
    return read(db)
  } finally {
    db.close()
  }
}

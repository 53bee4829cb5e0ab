import type { SqlDriver, SqlRow } from './driver.ts'

/** Where a database's tables and indexes begin: what its first pages say, so that the others can be read without them. */
export interface Outline {
  /** Of the file, from which with its key the key of its pages comes; 32 hex digits. */
  readonly salt: string
  readonly roots: readonly Root[]
}

interface Root {
  readonly type: string
  readonly name: string
  readonly page: number
}

/** The outline of an open database. */
export const outlineOf = (driver: SqlDriver): Outline => {
  const [salt] = Object.values(driver.prepare('PRAGMA cipher_salt').get() ?? {})
  const rows = driver.prepare('SELECT type, name, rootpage FROM sqlite_schema WHERE rootpage > 0').all()
  return {
    salt: String(salt),
    roots: rows.map((row) => ({
      type: String(row['type']),
      name: String(row['name']),
      page: Number(row['rootpage']),
    })),
  }
}

export const isOutline = (value: unknown): value is Outline =>
  typeof value === 'object' &&
  value !== null &&
  'salt' in value &&
  typeof value.salt === 'string' &&
  /^[0-9A-F]{32}$/i.test(value.salt) &&
  'roots' in value &&
  Array.isArray(value.roots)

export const isSameOutline = (a: Outline, b: Outline): boolean => JSON.stringify(a) === JSON.stringify(b)

/**
 * Puts tables and indexes into the schema of a database that has lost it: the words of a whole one of the same release, with the pages of the
 * outline. Views, triggers and search indexes stay out; they hold no rows.
 */
export const restoreSchema = (damaged: SqlDriver, whole: SqlDriver, { roots }: Outline): void => {
  const known = new Map<string, SqlRow>(
    whole
      .prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE rootpage > 0')
      .all()
      .map((row) => [`${String(row['type'])} ${String(row['name'])}`, row])
  )
  const insert = 'INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?)'
  damaged.exec('PRAGMA writable_schema=ON')
  for (const { type, name, page } of roots) {
    const row = known.get(`${type} ${name}`)
    if (row) damaged.prepare(insert).run(type, name, row['tbl_name'] ?? null, page, row['sql'] ?? null)
  }
  // Also reads the schema anew.
  damaged.exec('PRAGMA writable_schema=RESET')
}

import type { SqlRow, SqlValue } from '../driver.ts'
import { StorageFailure } from '../../../core/ports/storage.ts'

/** Typed reading of a row; a column of another type means that the database is not what the schema says. */
export const text = (row: SqlRow, name: string): string => {
  const value = row[name]
  if (typeof value !== 'string') throw new StorageFailure('damaged')
  return value
}
export const textOrNull = (row: SqlRow, name: string): string | null =>
  row[name] === null ? null : text(row, name)
export const integer = (row: SqlRow, name: string): number => {
  const value = row[name]
  if (typeof value !== 'number') throw new StorageFailure('damaged')
  return value
}
export const integerOrNull = (row: SqlRow, name: string): number | null =>
  row[name] === null ? null : integer(row, name)
export const blob = (row: SqlRow, name: string): Uint8Array => {
  const value = row[name]
  if (!(value instanceof Uint8Array)) throw new StorageFailure('damaged')
  return value
}
export const blobOrNull = (row: SqlRow, name: string): Uint8Array | null =>
  row[name] === null ? null : blob(row, name)
/** A JSON array that we wrote ourselves. */
export const list = <T>(row: SqlRow, name: string): readonly T[] => {
  const value: unknown = JSON.parse(text(row, name))
  if (!Array.isArray(value)) throw new StorageFailure('damaged')
  return value as T[]
}

/** `INSERT … VALUES (?, …)` with a column for each entry, replacing the row of the same key. */
export const upsert = (table: string, key: string, columns: readonly string[]): string => {
  const marks = columns.map(() => '?').join(', ')
  const sets = columns.filter((name) => name !== key).map((name) => `${name} = excluded.${name}`)
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks}) ON CONFLICT (${key}) DO UPDATE SET ${sets.join(', ')}`
}

/** SQLite has no booleans. */
export const flag = (value: boolean): SqlValue => (value ? 1 : 0)

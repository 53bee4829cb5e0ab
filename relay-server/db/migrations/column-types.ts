/** What SQLite and PostgreSQL call differently. */
import { sql, type ColumnDataType, type ColumnDefinitionBuilder, type RawBuilder } from 'kysely'

export type Engine = 'sqlite' | 'postgres'

/** Bytes. */
export const bytes = (engine: Engine): ColumnDataType => (engine === 'sqlite' ? 'blob' : 'bytea')

/** Integers of 64 bits: times and sizes. */
export const long = (engine: Engine): ColumnDataType | RawBuilder<unknown> =>
  engine === 'sqlite' ? 'integer' : sql`bigint`

/** A key that counts up and is never used again, not even that of a deleted last row. */
export const identity =
  (engine: Engine) =>
  (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder =>
    engine === 'sqlite'
      ? column.primaryKey().autoIncrement()
      : column.primaryKey().generatedAlwaysAsIdentity()

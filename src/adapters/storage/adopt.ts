import { attempt, quoted, type Table } from './copy-rows.ts'
import type { SqlDriver } from './driver.ts'
import { findOrphans, type Orphans } from './orphans.ts'

type Top = Orphans['tops'][number]

/** What a tree that hangs on nothing may once have been a part of. */
interface Candidate {
  readonly name: string
  readonly hasRowid: boolean
  readonly fields: number
  /** False when the row that begins the tree cannot be of this table. */
  isRowOf(top: Top): boolean
}

/**
 * Makes the damaged tables reach, one after the other, the trees of theirs that hang on nothing: `copy` is called each time, for the table as it
 * then is. A tree that more than one table could have had is left alone.
 */
export const adoptOrphans = (
  from: SqlDriver,
  tables: readonly Table[],
  copy: (table: Table) => void
): void => {
  const trees = attempt(() =>
    from.prepare('SELECT type, name, rootpage FROM sqlite_schema WHERE rootpage > 0').all()
  )?.map((row) => ({ type: row['type'], name: String(row['name']), root: Number(row['rootpage']) }))
  // Without a way to look at pages there is nothing to be found.
  if (!trees || !attempt(() => from.prepare('SELECT pgno FROM sqlite_dbpage LIMIT 1').get())) return
  const { tops, broken } = findOrphans(from, trees)
  const candidates = trees
    .filter(({ name }) => broken.has(name))
    .map(({ type, name }) => (type === 'table' ? asTable(from, name) : asIndex(from, name)))
  for (const top of tops) {
    const possible = candidates.filter(
      ({ hasRowid, fields }) => hasRowid === top.isByRowid && fields >= top.fields
    )
    // Rows from before a table was given more columns have fewer.
    const exact = possible.filter(({ fields }) => fields === top.fields)
    const fitting = (exact.length > 0 ? exact : possible).filter((one) => one.isRowOf(top))
    const table = fitting.length === 1 && tables.find(({ name }) => name === fitting[0]?.name)
    if (!table) continue
    begin(from, table.name, top.page)
    copy(table)
  }
}

/** Makes a table begin at a page. */
const begin = (from: SqlDriver, table: string, page: number): void => {
  from.exec('PRAGMA writable_schema=ON')
  from.prepare("UPDATE sqlite_schema SET rootpage = ? WHERE type = 'table' AND name = ?").run(page, table)
  // Also reads the schema anew.
  from.exec('PRAGMA writable_schema=RESET')
}

const asTable = (from: SqlDriver, name: string): Candidate => {
  const columns = from
    .prepare('SELECT name, type, "notnull" FROM pragma_table_info(?) ORDER BY cid')
    .all(name)
  const hasRowid = from.prepare('SELECT wr FROM pragma_table_list(?)').get(name)?.['wr'] === 0
  const types = columns.map((row) => `typeof(${quoted(String(row['name']))})`)
  return {
    name,
    hasRowid,
    fields: columns.length,
    isRowOf: ({ page }) => {
      begin(from, name, page)
      const way = hasRowid ? 'NOT INDEXED' : ''
      const found = attempt(() =>
        from
          .prepare(`SELECT json_array(${types.join(', ')}) AS types FROM ${quoted(name)} ${way} LIMIT 1`)
          .get()
      )
      const kinds = JSON.parse(String(found?.['types'] ?? '[]')) as readonly string[]
      return (
        kinds.length > 0 &&
        columns.every(({ type, notnull }, index) => {
          const kind = kinds[index]
          return type === '' || kind === String(type).toLowerCase() || (kind === 'null' && notnull === 0)
        })
      )
    },
  }
}

const asIndex = (from: SqlDriver, name: string): Candidate => ({
  name,
  hasRowid: false,
  fields: from.prepare('SELECT name FROM pragma_index_xinfo(?)').all(name).length,
  isRowOf: () => true,
})

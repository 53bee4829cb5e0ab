import type { SqlDriver } from './driver.ts'
import { readPage, type TreePage } from './tree-page.ts'

/** A tree of a table or an index. */
export interface Tree {
  readonly name: string
  readonly root: number
}

/** Pages that nothing leads to, and the trees from which pages may be missing. */
export interface Orphans {
  /** Of each tree that hangs on nothing its highest page. */
  readonly tops: readonly { readonly page: number; readonly isByRowid: boolean; readonly fields: number }[]
  /** Names of the tables and indexes with a damaged page on the way down. */
  readonly broken: ReadonlySet<string>
}

/**
 * SQLite finds rows by walking down from the root of their table; below a damaged page they are whole and out of reach. This looks at every
 * page: those of a tree that no other leads to, and that are no root, hung on a damaged one. Deleted rows are not among them: pages that
 * become free are zeroed.
 */
export const findOrphans = (driver: SqlDriver, trees: readonly Tree[]): Orphans => {
  const count = Number(driver.prepare('PRAGMA page_count').get()?.['page_count'])
  const pages = new Map<number, TreePage>()
  const unreadable = new Set<number>()
  for (let number = 1; number <= count; number++) {
    const page = readPage(driver, number)
    if (page === 'unreadable') unreadable.add(number)
    else if (page) pages.set(number, page)
  }
  const isBroken = (number: number): boolean =>
    unreadable.has(number) || (pages.get(number)?.children ?? []).some(isBroken)
  const broken = new Set(trees.filter(({ root }) => isBroken(root)).map(({ name }) => name))

  const led = new Set([1, ...trees.map(({ root }) => root)])
  for (const { children } of pages.values()) for (const child of children) led.add(child)
  /** Of its first row; inner pages of tables have none themselves. */
  const fieldsOf = (page: TreePage | undefined): number =>
    page === undefined
      ? 0
      : page.fields || Math.max(0, ...page.children.map((child) => fieldsOf(pages.get(child))))
  const tops = [...pages]
    .filter(([number]) => !led.has(number))
    .map(([page, tree]) => ({ page, isByRowid: tree.isByRowid, fields: fieldsOf(tree) }))
  return { tops: tops.filter(({ fields }) => fields > 0), broken }
}

/**
 * Queries over lists, whose text depends on nothing but how long the list is. Building one costs more than running it, so each text is built
 * once; and there are few of them, so that both databases keep them all prepared.
 */
import { CompiledQuery, type Compilable } from 'kysely'
import type { Tx } from './schema.ts'

/** What the text of such a query begins with: by it, whoever sends texts to a database knows those that are worth keeping there. */
export const COUNTED = '/* counted */ '

/** Runs it for a list; answers what it returns. */
export type ListQuery<Item, Row> = (tx: Tx, items: readonly Item[]) => Promise<readonly Row[]>

/** A question about some keys, its only parameters. Texts are for 1, 2, 4, 8, … keys: the last is repeated until there are so many. */
export const createLookup = <Key, Row>(
  build: (tx: Tx, keys: readonly Key[]) => Compilable<Row>
): ListQuery<Key, Row> => {
  const run = createCounted(build, (key) => [key])
  return async (tx, keys) => {
    const last = keys.at(-1)
    if (last === undefined) return []
    const length = 2 ** Math.ceil(Math.log2(keys.length))
    return run(tx, [...keys, ...Array.from({ length: length - keys.length }, () => last)])
  }
}

/** An INSERT of rows that have all the same columns in the same order, at most `most` by one statement. */
export const createInsert = <Row extends object, Returned>(
  most: number,
  build: (tx: Tx, rows: readonly Row[]) => Compilable<Returned>
): ListQuery<Row, Returned> => {
  const run = createCounted(build, (row) => Object.values(row))
  return async (tx, rows) => {
    const returned: Returned[] = []
    for (let from = 0; from < rows.length; from += most)
      returned.push(...(await run(tx, rows.slice(from, from + most))))
    return returned
  }
}

const createCounted = <Item, Row>(
  build: (tx: Tx, items: readonly Item[]) => Compilable<Row>,
  valuesOf: (item: Item) => readonly unknown[]
): ListQuery<Item, Row> => {
  const texts = new Map<number, string>()
  return async (tx, items) => {
    const values = items.flatMap(valuesOf)
    let text = texts.get(items.length)
    if (text === undefined) {
      const { sql, parameters } = build(tx, items).compile()
      if (parameters.some((value, index) => value !== values[index]) || parameters.length !== values.length)
        throw new Error('the parameters of the query are not those of its list')
      text = COUNTED + sql
      texts.set(items.length, text)
    }
    return (await tx.executeQuery<Row>(CompiledQuery.raw(text, values))).rows
  }
}

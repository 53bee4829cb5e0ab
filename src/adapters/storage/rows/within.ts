import type { SqlRow } from '../driver.ts'
import { integer } from './columns.ts'

/** The first of these rows, as many as have `characters` together (column `size`), at least one. */
export const within = (rows: readonly SqlRow[], characters: number): readonly SqlRow[] => {
  let sum = 0
  const end = rows.findIndex((row, index) => {
    sum += integer(row, 'size')
    return index > 0 && sum > characters
  })
  return end < 0 ? rows : rows.slice(0, end)
}

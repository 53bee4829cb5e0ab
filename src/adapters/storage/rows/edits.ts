import type { Edit, MessageKey, Tx } from '../../../core/ports/storage.ts'
import type { SqlDriver, SqlRow } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { searchFormOf } from '../search/search-form.ts'
import { integer, text } from './columns.ts'
import { beginWhenWritten } from './vanishing.ts'

/** Edits that wait for their message, a conversation: a peer could name messages that never come. */
const MOST_EARLY = 100

const KEY = 'conversation = ? AND author = ? AND id = ?'
const EDIT = `UPDATE messages SET text = ?, spaced = ?, edited_physical = ?, edited_logical = ?, edited_at = ?
  WHERE ${KEY} AND kind = 'text'
  AND (coalesce(edited_physical, clock_physical), coalesce(edited_logical, clock_logical)) < (?, ?)`
const KEEP = `INSERT INTO early_edits (conversation, author, message, clock_physical, clock_logical, text, at)
  SELECT ?, ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM early_edits WHERE conversation = ?) < ${MOST_EARLY}
  OR EXISTS (SELECT 1 FROM early_edits WHERE conversation = ? AND author = ? AND message = ?)
  ON CONFLICT (conversation, author, message) DO UPDATE
  SET clock_physical = excluded.clock_physical, clock_logical = excluded.clock_logical, text = excluded.text, at = excluded.at
  WHERE (clock_physical, clock_logical) < (excluded.clock_physical, excluded.clock_logical)`
const EARLY = 'conversation = ? AND author = ? AND message = ?'

/** A row of early_edits. */
export const toEdit = (row: SqlRow): Edit => ({
  clock: { physical: integer(row, 'clock_physical'), logical: integer(row, 'clock_logical') },
  text: text(row, 'text'),
  at: integer(row, 'at'),
})

/** Messages that are changed or taken back by who wrote them. What they said before is gone from the file, too. */
export const editRows = (
  driver: SqlDriver,
  touched: Touched,
  touch: (key: MessageKey) => void
): Pick<Tx['messages'], 'edit' | 'keepEdit' | 'takeEdit' | 'erase'> => ({
  edit: ({ conversation, author, id }, edit) => {
    touched.writing()
    const { physical, logical } = edit.clock
    const changed = driver
      .prepare(EDIT)
      .run(
        edit.text,
        searchFormOf(edit.text),
        physical,
        logical,
        edit.at,
        conversation,
        author,
        id,
        physical,
        logical
      )
    if (changed === 0) return false
    touch({ conversation, author, id })
    touched.erased()
    return true
  },
  keepEdit: ({ conversation, author, id }, edit) => {
    touch({ conversation, author, id })
    driver
      .prepare(KEEP)
      .run(
        conversation,
        author,
        id,
        edit.clock.physical,
        edit.clock.logical,
        edit.text,
        edit.at,
        conversation,
        conversation,
        author,
        id
      )
  },
  takeEdit: ({ conversation, author, id }) => {
    touched.writing()
    const row = driver.prepare(`SELECT * FROM early_edits WHERE ${EARLY}`).get(conversation, author, id)
    if (!row) return undefined
    touch({ conversation, author, id })
    driver.prepare(`DELETE FROM early_edits WHERE ${EARLY}`).run(conversation, author, id)
    return toEdit(row)
  },
  erase: ({ conversation, author, id }) => {
    touch({ conversation, author, id })
    touched.erased()
    driver
      .prepare(
        `UPDATE messages SET kind = 'deleted', text = '', spaced = NULL, unread = 0,
         state = CASE state WHEN 'failed' THEN 'sent' ELSE state END, fail_reason = NULL,
         edited_physical = NULL, edited_logical = NULL, edited_at = NULL WHERE ${KEY}`
      )
      .run(conversation, author, id)
    beginWhenWritten(driver, { conversation, author, id })
    driver.prepare(`DELETE FROM early_edits WHERE ${EARLY}`).run(conversation, author, id)
    for (const table of ['reactions', 'attachments'])
      driver.prepare(`DELETE FROM ${table} WHERE ${EARLY}`).run(conversation, author, id)
  },
})

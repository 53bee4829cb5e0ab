import { CLOCK } from '../../../core/domain/settings.ts'
import type { Tx } from '../../../core/ports/storage.ts'
import type { AccountId, MessageId } from '../../../protocol/ids.ts'
import type { SqlDriver } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { integer, text } from './columns.ts'

/** Settings by name. */
export const settingRows = (driver: SqlDriver, touched: Touched): Tx['settings'] => ({
  get: (key) => {
    const row = driver.prepare('SELECT value FROM settings WHERE key = ?').get(key)
    return row && text(row, 'value')
  },
  put: (key, value) => {
    touched.table('settings')
    driver
      .prepare(
        'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'
      )
      .run(key, value)
  },
  all: () =>
    driver
      .prepare('SELECT key, value FROM settings')
      .all()
      .map((row) => [text(row, 'key'), text(row, 'value')]),
})

/** The hybrid clock's last value. */
export const clockRow = (driver: SqlDriver, touched: Touched): Tx['clock'] => {
  const settings = settingRows(driver, touched)
  return {
    get: () => {
      const [physical, logical] = (settings.get(CLOCK) ?? '0.0').split('.')
      return { physical: Number(physical), logical: Number(logical) }
    },
    put: ({ physical, logical }) => settings.put(CLOCK, `${physical}.${logical}`),
  }
}

/** Receipts that are to be sent. */
export const receiptRows = (driver: SqlDriver, touched: Touched): Tx['receipts'] => ({
  due: (account, messageId, kind) => {
    touched.table('receipts')
    driver
      .prepare('INSERT INTO receipts_due (account, kind, message_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
      .run(account, kind, messageId)
  },
  accounts: () =>
    driver
      .prepare('SELECT DISTINCT account FROM receipts_due')
      .all()
      .map((row) => text(row, 'account') as AccountId),
  list: (account, kind, limit) =>
    driver
      .prepare(
        'SELECT message_id FROM receipts_due WHERE account = ? AND kind = ? ORDER BY message_id LIMIT ?'
      )
      .all(account, kind, limit)
      .map((row) => text(row, 'message_id') as MessageId),
  clear: (account, kind, ids) => {
    touched.table('receipts')
    for (const id of ids)
      driver
        .prepare('DELETE FROM receipts_due WHERE account = ? AND kind = ? AND message_id = ?')
        .run(account, kind, id)
  },
})

/** Which device has confirmed what; of a message that is not here, nothing is kept. */
export const deliveryRows = (driver: SqlDriver, touched: Touched): Tx['deliveries'] => ({
  add: ({ conversation, author, id }, device, kind) => {
    touched.table('deliveries')
    driver
      .prepare(
        `INSERT INTO deliveries (conversation, author, message, device, kind)
         SELECT conversation, author, id, ?, ? FROM messages WHERE conversation = ? AND author = ? AND id = ?
         ON CONFLICT DO NOTHING`
      )
      .run(device, kind, conversation, author, id)
  },
})

/** How often a message was sent again to a device. */
export const resendRows = (driver: SqlDriver, touched: Touched): Tx['resends'] => ({
  count: (account, device, messageId) => {
    touched.table('resends')
    const row = driver
      .prepare(
        `INSERT INTO resends (account, device, message_id, count) VALUES (?, ?, ?, 1)
         ON CONFLICT (account, device, message_id) DO UPDATE SET count = count + 1 RETURNING count`
      )
      .get(account, device, messageId)
    return row ? integer(row, 'count') - 1 : 0
  },
})

import type { SignalRows } from '../../../core/ports/storage.ts'
import type { SqlDriver, SqlRow } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { blob, flag, integer } from './columns.ts'

const newest = (row: SqlRow) => ({
  id: integer(row, 'id'),
  record: blob(row, 'record'),
  createdAt: integer(row, 'created_at'),
})

/** Records of the Signal library, opaque here. */
export const signalRows = (driver: SqlDriver, touched: Touched): SignalRows => {
  const one = (sql: string, ...values: (string | number)[]): SqlRow | undefined =>
    driver.prepare(sql).get(...values)
  const write = (sql: string, ...values: (string | number | Uint8Array | null)[]): number => {
    touched.table('signal')
    return driver.prepare(sql).run(...values)
  }
  return {
    session: (address) => {
      const row = one('SELECT record FROM signal_sessions WHERE address = ?', address)
      return row && blob(row, 'record')
    },
    putSession: (address, record) =>
      void write(
        'INSERT INTO signal_sessions (address, record) VALUES (?, ?) ON CONFLICT (address) DO UPDATE SET record = excluded.record',
        address,
        record
      ),
    removeSession: (address) => void write('DELETE FROM signal_sessions WHERE address = ?', address),
    identity: (address) => {
      const row = one('SELECT key FROM signal_identities WHERE address = ?', address)
      return row && blob(row, 'key')
    },
    putIdentity: (address, key) =>
      void write(
        'INSERT INTO signal_identities (address, key) VALUES (?, ?) ON CONFLICT (address) DO UPDATE SET key = excluded.key',
        address,
        key
      ),
    preKey: (id) => {
      const row = one('SELECT record FROM signal_prekeys WHERE id = ?', id)
      return row && blob(row, 'record')
    },
    putPreKey: (id, record) =>
      void write('INSERT INTO signal_prekeys (id, record) VALUES (?, ?)', id, record),
    removePreKey: (id) => void write('DELETE FROM signal_prekeys WHERE id = ?', id),
    signedPreKey: (id) => {
      const row = one('SELECT record FROM signal_signed_prekeys WHERE id = ?', id)
      return row && blob(row, 'record')
    },
    putSignedPreKey: (id, record, createdAt) =>
      void write(
        'INSERT INTO signal_signed_prekeys (id, record, created_at) VALUES (?, ?, ?)',
        id,
        record,
        createdAt
      ),
    newestSignedPreKey: () => {
      const row = one('SELECT * FROM signal_signed_prekeys ORDER BY id DESC LIMIT 1')
      return row && newest(row)
    },
    kyberPreKey: (id) => {
      const row = one('SELECT record, last_resort FROM signal_kyber_prekeys WHERE id = ?', id)
      return row && { record: blob(row, 'record'), lastResort: integer(row, 'last_resort') === 1 }
    },
    putKyberPreKey: (id, record, lastResort, createdAt) =>
      void write(
        'INSERT INTO signal_kyber_prekeys (id, record, last_resort, created_at) VALUES (?, ?, ?, ?)',
        id,
        record,
        flag(lastResort),
        createdAt
      ),
    newestLastResort: () => {
      const row = one('SELECT * FROM signal_kyber_prekeys WHERE last_resort = 1 ORDER BY id DESC LIMIT 1')
      return row && newest(row)
    },
    removeKyberPreKey: (id) => void write('DELETE FROM signal_kyber_prekeys WHERE id = ?', id),
    markKyberUsed: (kyberId, signedId, baseKey) =>
      write(
        'INSERT INTO signal_kyber_used (kyber_id, signed_id, base_key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        kyberId,
        signedId,
        baseKey
      ) > 0,
    nextPreKeyIds: (kind, count) => {
      const next = Number(one('SELECT next FROM signal_counters WHERE kind = ?', kind)?.['next'] ?? 1)
      write(
        'INSERT INTO signal_counters (kind, next) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET next = excluded.next',
        kind,
        next + count
      )
      return Array.from({ length: count }, (_, index) => next + index)
    },
    // A key is retired when its successor is made, so what counts is the age of the successors.
    sweepRetired: (before) => {
      write(
        'DELETE FROM signal_signed_prekeys WHERE id < (SELECT max(id) FROM signal_signed_prekeys WHERE created_at < ?)',
        before
      )
      write(
        `DELETE FROM signal_kyber_prekeys WHERE last_resort = 1
           AND id < (SELECT max(id) FROM signal_kyber_prekeys WHERE last_resort = 1 AND created_at < ?)`,
        before
      )
    },
    clear: () => {
      for (const table of RECORDS) write(`DELETE FROM ${table}`)
    },
  }
}

/** All but the counters: an id is never given twice. */
const RECORDS = [
  'signal_sessions',
  'signal_identities',
  'signal_prekeys',
  'signal_signed_prekeys',
  'signal_kyber_prekeys',
  'signal_kyber_used',
]

import type { Db } from '../db/schema.ts'

/** What the relay holds, in numbers. */
export interface Census {
  readonly accounts: number
  readonly devices: number
  readonly envelopes: number
  /** As their devices get them: what several have in common is counted with each. */
  readonly envelopeBytes: number
  /** Ends that envelopes of messages for many have in common, kept once. */
  readonly sharedBodies: number
  readonly lists: number
  readonly blobs: number
  readonly blobBytes: number
}

/** Numbers for the operator; nothing of anybody. */
export interface CensusStore {
  take(): Promise<Census>
}

/** The census in SQL. Waiting mail is counted along with devices, so this reads no envelope. */
export const createCensusStore = (db: Db): CensusStore => ({
  take: async () => {
    const devices = await db
      .selectFrom('devices')
      .select(({ fn }) => [
        fn.countAll().as('devices'),
        fn.sum('queued_count').as('envelopes'),
        fn.sum('queued_bytes').as('bytes'),
      ])
      .executeTakeFirst()
    const count = async (table: 'accounts' | 'lists' | 'shared_bodies'): Promise<number> => {
      const row = await db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirst()
      return Number(row?.count ?? 0)
    }
    const blobs = await db
      .selectFrom('blobs')
      .select(({ fn }) => [fn.countAll().as('count'), fn.sum('size').as('bytes')])
      .executeTakeFirst()
    return {
      accounts: await count('accounts'),
      devices: Number(devices?.devices ?? 0),
      envelopes: Number(devices?.envelopes ?? 0),
      envelopeBytes: Number(devices?.bytes ?? 0),
      sharedBodies: await count('shared_bodies'),
      lists: await count('lists'),
      blobs: Number(blobs?.count ?? 0),
      blobBytes: Number(blobs?.bytes ?? 0),
    }
  },
})

import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Db } from '../db/schema.ts'

/** Ids at a time. */
const BATCH = 500

/**
 * Copies the folders of the blobs that a database knows. One that was deleted meanwhile is passed over, as is everything when the bytes
 * are at S3.
 */
export const copyBlobs = async (db: Db, from: string, to: string): Promise<void> => {
  let last = new Uint8Array()
  for (;;) {
    const rows = await db
      .selectFrom('blobs')
      .select('id')
      .where('id', '>', last)
      .orderBy('id')
      .limit(BATCH)
      .execute()
    for (const { id } of rows) {
      const name = Buffer.from(id).toString('hex')
      const path = join(name.slice(0, 2), name)
      await cp(join(from, path), join(to, path), { recursive: true }).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error
        }
      )
    }
    const end = rows.at(-1)
    if (!end) return
    last = new Uint8Array(end.id)
  }
}

import * as v from 'valibot'
import { request, withObjectStore } from '../../box/object-store.ts'
import { mePassaError } from '../../client/bridge/values.ts'
import { TROUBLES } from '../../ui/lib/scheduled-backup.ts'

/** Folder and plan are this browser's alone, and of no backup: they lie beside the encrypted database. Only IndexedDB keeps handles. */
const PLACE = { database: 'mepassa-backup', store: 'plan' }
const KEY = 'plan'

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const planSchema = v.object({
  /** Asked for when it is read: an address that is not secure has no such class. */
  folder: v.custom<FileSystemDirectoryHandle>((value) => value instanceof FileSystemDirectoryHandle),
  /** Stands in the names of its files, so that two browsers can share a folder. */
  tag: v.pipe(v.string(), v.regex(/^[0-9a-f]{4}$/)),
  every: v.picklist(['day', 'week']),
  keep: v.pipe(count, v.minValue(1), v.maxValue(1_000)),
  last: v.nullable(v.object({ at: count, size: count })),
  /** When it was last tried in vain, since the last that was whole. */
  failed: v.nullable(v.object({ at: count, why: v.union([v.picklist(TROUBLES), mePassaError]) })),
})
export type StoredPlan = v.InferOutput<typeof planSchema>

/** The plan; null when there is none, or none that can be read. */
export const readPlan = async (): Promise<StoredPlan | null> => {
  const parsed = v.safeParse(
    planSchema,
    await withObjectStore(PLACE, 'readonly', (store) => request<unknown>(store.get(KEY)))
  )
  return parsed.success ? parsed.output : null
}

/** Puts the plan in the place of the one before; null: there is none any more. */
export const writePlan = async (plan: StoredPlan | null): Promise<void> => {
  await withObjectStore(PLACE, 'readwrite', async (store) => {
    if (plan === null) await request(store.delete(KEY))
    else await request(store.put(plan, KEY))
  })
}

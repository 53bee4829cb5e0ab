import type { Db } from '../db/schema.ts'
import { isSqliteLost } from '../db/sqlite-lost.ts'
import type { Writer } from '../db/writer.ts'
import type { RelayLimits } from '../limits.ts'
import { methodOf } from './methods.ts'
import { createAreas } from './relay-store.ts'
import type { Answer, Call } from './thread-messages.ts'

/** Answers calls from the other side of a thread; answers of one turn go together. */
export const serveStore = (
  db: Db,
  writer: Writer,
  limits: RelayLimits,
  post: (answers: readonly Answer[]) => void
): { calls(calls: readonly Call[]): void; close(): Promise<void> } => {
  const areas = createAreas(db, writer, limits)
  const open = new Set<Promise<void>>()
  let answers: Answer[] = []

  const give = (answer: Answer): void => {
    if (answers.length === 0) {
      queueMicrotask(() => {
        const all = answers
        answers = []
        post(all)
      })
    }
    answers.push(answer)
  }
  const work = async ({ id, area, method, args }: Call): Promise<void> => {
    try {
      const run = methodOf(areas, area, method)
      if (!run) throw new Error('no such method')
      give({ id, value: await run(...args) })
    } catch (error) {
      give({
        id,
        error: error instanceof Error ? error.message : 'the store failed',
        unavailable: isSqliteLost(error),
      })
    }
  }
  return {
    calls: (calls) => {
      for (const call of calls) {
        const done = work(call)
        open.add(done)
        void done.then(() => open.delete(done))
      }
    },
    close: async () => {
      while (open.size > 0) await Promise.all(open)
      await writer.idle()
      await db.destroy()
    },
  }
}

import type { MessagePort } from 'node:worker_threads'
import { createGroupWriter } from '../db/group-commit.ts'
import { openSqlite } from '../db/open-sqlite.ts'
import { pack } from './packed.ts'
import { serveStore } from './serve-store.ts'
import type { Answer, FromThread, ThreadData, ToThread } from './thread-messages.ts'

/** Opens a SQLite database and does what comes by the port, until that says close. */
export const holdSqlite = async ({ path, limits }: ThreadData, port: MessagePort): Promise<void> => {
  const post = (message: FromThread): void => port.postMessage(message)
  try {
    const db = await openSqlite(path)
    const give = (answers: readonly Answer[]): void => {
      const { value, buffer } = pack(answers)
      port.postMessage(value, [buffer])
    }
    const serve = serveStore(db, createGroupWriter(db), limits, give)
    port.on('message', (message: ToThread) => {
      if (message !== 'close') return serve.calls(message)
      void serve.close().then(() => {
        post('closed')
        port.close()
      })
    })
    post('open')
  } catch (error) {
    post({ failed: error instanceof Error ? error.message : String(error) })
    port.close()
  }
}

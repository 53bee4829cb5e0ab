/** The thread that holds the SQLite database: a flush to disk never stops the relay's own loop. */
import { parentPort, workerData } from 'node:worker_threads'
import { holdSqlite } from './hold-sqlite.ts'
import type { ThreadData } from './thread-messages.ts'

if (!parentPort) throw new Error('this file is the entry of a thread')
await holdSqlite(workerData as ThreadData, parentPort)

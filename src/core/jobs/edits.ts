import type { OutboxJob, Tx } from '../ports/storage.ts'
import { parseContent } from '../../protocol/content.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'

const MOST_JOBS = 1_000

/** Edits of a message that wait to be sent: each is a job under an id of its own. */
export const waitingEdits = (tx: Tx, account: AccountId, message: MessageId): readonly OutboxJob[] =>
  tx.outbox.ofAccount(account, MOST_JOBS).filter((job) => {
    const content = job.kind === 'control' ? parseContent(job.content) : undefined
    return content?.ok && content.value.body.kind === 'edit' && content.value.body.message === message
  })

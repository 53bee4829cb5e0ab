import type { OutboxJob, Tx } from '../ports/storage.ts'
import { parseContent, type ContentBody } from '../../protocol/content.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { jobsOf } from './account-jobs.ts'

/** Control jobs that wait for an account and say something of this sort. */
export const waitingControls = (
  tx: Tx,
  account: AccountId,
  isWanted: (body: ContentBody) => boolean
): readonly OutboxJob[] =>
  [...jobsOf(tx, account)].filter((job) => {
    const content = job.kind === 'control' ? parseContent(job.content) : undefined
    return content?.ok && isWanted(content.value.body)
  })

/** Edits of a message: each is a job under an id of its own. */
export const waitingEdits = (tx: Tx, account: AccountId, message: MessageId): readonly OutboxJob[] =>
  waitingControls(tx, account, (body) => body.kind === 'edit' && body.message === message)

import type { OutboxJob, Tx } from '../ports/storage.ts'
import type { AccountId } from '../../protocol/ids.ts'

/** Jobs in memory at once. */
const STEP = 1_000

/** Every job of an account in order, however many. Those that come may be changed or removed; one added meanwhile may come too. */
export function* jobsOf(tx: Tx, account: AccountId): Generator<OutboxJob> {
  let jobs = tx.outbox.ofAccount(account, STEP)
  for (let last = jobs.at(-1); last; last = jobs.at(-1)) {
    yield* jobs
    jobs = tx.outbox.ofAccount(account, STEP, last.seq)
  }
}

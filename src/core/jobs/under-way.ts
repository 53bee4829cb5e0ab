import type { CoreContext } from '../context.ts'
import type { OutboxJob } from '../ports/storage.ts'
import type { EnvelopeId } from '../../protocol/ids.ts'
import { advanceJobs } from './outbox-rows.ts'

/** A direct peer that has not committed by then: the mailbox takes over, ms. */
const DIRECT_ACK = 4_000
/** Acknowledgements wait this long for others and for the receipts that follow them and say more: one commit for all, ms. */
const GATHER = 60

/** Envelopes given to direct peers and not acknowledged yet. Only in memory: what is lost of it is sent again, and known by its id. */
export interface UnderWay {
  began(jobs: readonly OutboxJob[]): void
  ended(jobs: readonly OutboxJob[]): void
  /** It was given to a direct peer, however long ago. */
  wasGiven(job: OutboxJob): boolean
  /** Its direct peer still has time to acknowledge it. */
  isAwaited(job: OutboxJob, now: number): boolean
  /** When the mailbox has to take over. */
  deadlines(): readonly number[]
  /** The device has committed these envelopes. */
  acknowledged(ids: readonly EnvelopeId[]): void
  /** Writes what was acknowledged. */
  settle(): void
  /** Nothing that was given will be acknowledged any more. */
  lost(): void
}

export const createUnderWay = ({ store, clock }: Pick<CoreContext, 'store' | 'clock'>): UnderWay => {
  const since = new Map<EnvelopeId, number>()
  let acknowledged: EnvelopeId[] = []
  let cancel: (() => void) | undefined

  const settle = (): void => {
    cancel?.()
    cancel = undefined
    const ids = acknowledged
    acknowledged = []
    if (ids.length > 0) store.transaction((tx) => advanceJobs(tx, ids, clock.now()))
    for (const id of ids) since.delete(id)
  }

  return {
    began: (jobs) => {
      for (const { envelopeId } of jobs) if (envelopeId) since.set(envelopeId, clock.now())
    },
    ended: (jobs) => {
      for (const { envelopeId } of jobs) if (envelopeId) since.delete(envelopeId)
    },
    wasGiven: ({ envelopeId }) => envelopeId !== null && since.has(envelopeId),
    isAwaited: ({ envelopeId }, now) =>
      envelopeId !== null && (since.get(envelopeId) ?? -Infinity) > now - DIRECT_ACK,
    deadlines: () => [...since.values()].map((began) => began + DIRECT_ACK),
    acknowledged: (ids) => {
      acknowledged.push(...ids)
      cancel ??= clock.after(GATHER, settle)
    },
    settle,
    lost: () => {
      settle()
      since.clear()
    },
  }
}

import type { CoreContext } from '../context.ts'
import { waitingControls } from '../jobs/waiting-controls.ts'
import { StorageFailure, type Tx } from '../ports/storage.ts'
import { accountOf, type ConversationId, type MessageId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { noteGone } from './cleared.ts'

/** Messages a step: a few milliseconds' work. */
const STEP = 100
/** Between two steps, ms: what people do comes in between. */
const PAUSE = 25
/** Nothing is waited for longer than that, ms: timers stand still while a computer sleeps, hold 24 days at most, and its clock may be set. */
const LONGEST_WAIT = 60_000

/** Removes messages when their time is over, also what was due while nothing ran. */
export interface Sweeper {
  /** What is due by now goes before it returns, a step at a time where it is much. */
  start(): void
  stop(): void
}

/** Makes the sweeper. Where the store cannot write (a full disk), it tries again later. */
export const createSweeper = ({
  store,
  clock,
  log,
}: Pick<CoreContext, 'store' | 'clock' | 'log'>): Sweeper => {
  let cancel: () => void = () => undefined
  let end: () => void = () => undefined
  /** The time that is waited for already: a commit that changes nothing of it puts nothing off. */
  let waitedFor: number | undefined

  const wait = (ms: number): void => {
    cancel()
    cancel = clock.after(ms, step)
  }
  /** Waits for the next one that is due, if there is any. */
  const plan = (): void => {
    const first = store.read((tx) => tx.messages.vanishing())?.first
    if (first === waitedFor) return
    waitedFor = first
    if (first === undefined) cancel()
    else wait(Math.max(PAUSE, Math.min(first - clock.now(), LONGEST_WAIT)))
  }
  const step = (): void => {
    waitedFor = undefined
    try {
      const due = store.read((tx) => tx.messages.vanishing())
      const now = clock.now()
      const latest = now + LIMITS.vanishSeconds * 1000 + LIMITS.clockSkew
      if (due && due.last > latest) store.transaction((tx) => tx.messages.beginAgain(latest, now))
      if (due && due.first <= now) store.transaction((tx) => sweep(tx, now))
      plan()
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error
      log.warn('sweeping-stopped')
      wait(LONGEST_WAIT)
    }
  }
  return {
    start: () => {
      end = store.onCommit(({ tables }) => {
        if (tables.has('messages') || tables.has('history')) plan()
      })
      step()
    },
    stop: () => {
      cancel()
      end()
    },
  }
}

/** Removes what is due, a step of it, with all that is left of it elsewhere. */
export const sweep = (tx: Tx, now: number): void => {
  const own = new Map<ConversationId, Set<MessageId>>()
  for (const message of tx.messages.vanished(now, STEP)) {
    tx.messages.remove(message)
    if (message.own)
      own.set(message.conversation, (own.get(message.conversation) ?? new Set()).add(message.id))
    // An edit or deletion that comes now leaves nothing.
    else noteGone(tx, message)
  }
  for (const [conversation, ids] of own) forgetJobs(tx, conversation, ids)
}

/**
 * A message whose time has begun has left for the other side, or its relay: the copy that is kept until it is confirmed goes with it, and so do its
 * edits. That it was deleted is still told.
 */
const forgetJobs = (tx: Tx, conversation: ConversationId, ids: ReadonlySet<MessageId>): void => {
  const account = accountOf(conversation)
  if (!account) return
  const jobs = [...ids].flatMap((id) => tx.outbox.ofMessage(account, id))
  const edits = waitingControls(tx, account, (body) => body.kind === 'edit' && ids.has(body.message))
  for (const { seq } of [...jobs, ...edits]) tx.outbox.remove(seq)
}

import type { DeviceInfo } from '../domain/contact.ts'
import type { OutboxJob, Tx } from '../ports/storage.ts'
import { conversationWith, type AccountId, type EnvelopeId, type MessageId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { advance } from '../domain/send-state.ts'
import type { FailReason, SendState } from '../domain/message.ts'
import { ownOf, type NewJob } from '../context.ts'
import { vanishingFrom } from './rows.ts'

/** After a hand-over without a receipt the same ciphertext is offered again; relays and devices know it by its envelope id. */
const RESEND = { first: 10 * 60 * 1000, most: 24 * 60 * 60 * 1000 }

const UNREADY = { first: 30_000, most: 60 * 60 * 1000 }

/** What a job has once it is encrypted for a device. */
export type SealedFor = Readonly<Pick<OutboxJob, 'device' | 'envelopeId' | 'ciphertext'>>

/** Adds a job that has not been tried yet; it names no device unless it is encrypted already. */
export const addJob = (
  tx: Tx,
  { kind, account, messageId, content }: NewJob,
  now: number,
  sealed: SealedFor = { device: null, envelopeId: null, ciphertext: null }
): OutboxJob => {
  const job: Omit<OutboxJob, 'seq'> = {
    kind,
    account,
    messageId,
    content,
    ...sealed,
    state: 'queued',
    attempts: 0,
    nextAt: now,
    expiresAt: now + LIMITS.mailboxTtl,
  }
  return { ...job, seq: tx.outbox.add(job) }
}

/** Splits jobs that name no device into one for each device of the list. */
export const fanOut = (tx: Tx, jobs: readonly OutboxJob[], devices: readonly DeviceInfo[]): void => {
  for (const job of jobs) {
    // What was cleared, deleted or received meanwhile is not put back.
    if (job.device !== null || !tx.outbox.get(job.seq)) continue
    tx.outbox.remove(job.seq)
    const { seq: _, ...rest } = job
    for (const device of devices) tx.outbox.add({ ...rest, device: device.id })
  }
}

const isListed = (job: OutboxJob, devices: readonly DeviceInfo[]): boolean =>
  devices.some((device) => device.id === job.device)

/** True when the job's device is still listed and its ciphertext young enough to be kept by a relay. */
export const isSendable = (job: OutboxJob, devices: readonly DeviceInfo[], now: number): boolean =>
  isListed(job, devices) && job.expiresAt > now

/** Removes jobs for devices that are no longer listed and renews those whose ciphertext is too old. */
export const dropUnsendable = (
  tx: Tx,
  jobs: readonly OutboxJob[],
  devices: readonly DeviceInfo[],
  now: number
): void => {
  for (const job of jobs) {
    if (!tx.outbox.get(job.seq)) continue
    if (!isListed(job, devices)) {
      tx.outbox.remove(job.seq)
      // The device it was for is gone, and nobody else has it: whoever is listed now gets it.
      const others = tx.outbox.ofMessage(job.account, job.messageId).length
      if (others === 0 && job.kind !== 'receipt') {
        const { seq: _, ...rest } = renewed(job, now)
        tx.outbox.add({ ...rest, device: null })
      }
    } else if (job.expiresAt <= now) tx.outbox.update(renewed(job, now))
  }
}

/** Jobs for devices that cannot be written to yet are looked at again later, and less and less often. */
export const postpone = (tx: Tx, jobs: readonly OutboxJob[], now: number): void => {
  for (const { seq } of jobs) {
    const job = tx.outbox.get(seq)
    if (!job) continue
    const wait = Math.min(UNREADY.most, UNREADY.first * 2 ** Math.min(job.attempts, 20))
    tx.outbox.update({ ...job, attempts: job.attempts + 1, nextAt: now + wait })
  }
}

/** Given up until the person tries again: what it was to replace on the other side stays known. */
export const parked = (job: OutboxJob): OutboxJob => ({
  ...job,
  state: 'handed',
  nextAt: Number.MAX_SAFE_INTEGER,
})

/** The same content to be encrypted anew. */
export const renewed = (job: OutboxJob, now: number): OutboxJob => ({
  ...job,
  envelopeId: null,
  ciphertext: null,
  state: 'queued',
  attempts: 0,
  nextAt: now,
  expiresAt: now + LIMITS.mailboxTtl,
})

/** Moves an own message forward, never back. One that is to vanish has been sent by now. */
export const reach = (tx: Tx, account: AccountId, id: MessageId, state: SendState, now: number): void => {
  const key = { conversation: conversationWith(account), author: ownOf(tx).account, id }
  const message = tx.messages.get(key)
  const next = message && advance(message.state, state)
  if (!message || next === message.state) return
  tx.messages.setState(key, next!, null)
  if (message.vanishAfter !== undefined) tx.messages.beginVanishing(key, vanishingFrom(tx, now))
}

/** Marks own messages as failed, with the reason a person can act on. */
export const failMessage = (tx: Tx, account: AccountId, id: MessageId, reason: FailReason): void => {
  const key = { conversation: conversationWith(account), author: ownOf(tx).account, id }
  const message = tx.messages.get(key)
  if (message?.kind === 'text' && (message.state === 'pending' || message.state === 'sent'))
    tx.messages.setState(key, 'failed', reason)
}

/**
 * Envelopes that a relay has durably or a device has committed: messages become "sent" and wait for their receipt, receipts are done.
 */
export const advanceJobs = (tx: Tx, ids: readonly EnvelopeId[], now: number): void => {
  for (const id of ids) {
    const job = tx.outbox.byEnvelope(id)
    if (!job) continue
    if (job.kind === 'message') reach(tx, job.account, job.messageId, 'sent', now)
    if (job.kind === 'receipt') tx.outbox.remove(job.seq)
    else {
      const wait = Math.min(RESEND.most, RESEND.first * 2 ** Math.min(job.attempts, 20))
      tx.outbox.update({ ...job, state: 'handed', attempts: job.attempts + 1, nextAt: now + wait })
    }
  }
}

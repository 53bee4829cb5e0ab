import { create, toBinary } from '@bufbuild/protobuf'
import type { CoreContext } from '../context.ts'
import type { ContactRow, OutboxJob } from '../ports/storage.ts'
import { idBytes, type DeviceId, type EnvelopeId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import {
  DepositEntrySchema,
  DepositSchema,
  EnvelopeSchema,
  PeerFrameSchema,
  type Deposit,
} from '../../protocol/gen/wire_pb.js'
import { advanceJobs, failMessage } from './outbox-rows.ts'
import { mailboxKey } from './seal.ts'
import { wakingOf } from './wake.ts'

type Deps = Pick<
  CoreContext,
  'store' | 'relays' | 'byHealth' | 'peers' | 'clock' | 'random' | 'paths' | 'lists' | 'own'
>

/** `list-changed`: the contact's devices changed meanwhile, look again at once. */
export type MailboxOutcome = 'sent' | 'failed' | 'list-changed'

/** The two ways of an envelope: a live direct peer, or the mailboxes at the recipient's home relays. */
export interface Dispatcher {
  /** Gives jobs to directly connected devices; returns those that were given. They count only when acknowledged. */
  direct(contact: ContactRow, jobs: readonly OutboxJob[]): Promise<readonly OutboxJob[]>
  /** Tries each home relay until one has taken the jobs durably, and notes it. */
  mailbox(contact: ContactRow, jobs: readonly OutboxJob[]): Promise<MailboxOutcome>
  ephemeral(contact: ContactRow, device: DeviceId, body: Uint8Array, ttlSeconds: number): Promise<boolean>
}

/** Room for the field headers around an entry, and for its preview. */
const ENTRY_OVERHEAD = 64 + LIMITS.previewBytes

/** Makes the dispatcher. */
export const createDispatcher = (deps: Deps): Dispatcher => {
  const { store, relays, peers, clock } = deps

  /** @param turn how often it was offered already: each time another relay comes first */
  const depositOne = async (
    contact: ContactRow,
    deposit: Deposit,
    turn = 0
  ): Promise<MailboxOutcome | 'refused'> => {
    const key = mailboxKey(contact)
    if (!key) return 'failed'
    const bytes = toBinary(DepositSchema, deposit)
    let refusals = 0
    for (const relay of deps.byHealth(contact.relays, turn)) {
      const reply = await relays.deposit(relay, contact.account, key, bytes)
      if (!reply.ok) {
        if (reply.error.reason === 'refused') refusals++
        continue
      }
      if (!('stale' in reply.value)) return 'sent'
      // A relay that shows no newer list is of no use, and must not keep the others from being asked.
      if (await deps.lists.offerRecord(contact.account, reply.value.stale)) return 'list-changed'
    }
    if (refusals === 0) return 'failed'
    // They may have moved: a home they have left refuses what it once took.
    if ((await deps.lists.refresh(contact.account)) === 'newer') return 'list-changed'
    return refusals === contact.relays.length ? 'refused' : 'failed'
  }

  const depositOf = async (contact: ContactRow, jobs: readonly OutboxJob[]): Promise<Deposit> => {
    const own = deps.own()
    const entries = jobs.map(async (job) =>
      create(DepositEntrySchema, {
        deviceId: job.device ?? 0,
        envelope: create(EnvelopeSchema, {
          id: idBytes(job.envelopeId as EnvelopeId),
          body: job.ciphertext ?? new Uint8Array(),
        }),
        ...(await wakingOf(store, own, job)),
      })
    )
    return create(DepositSchema, {
      entries: await Promise.all(entries),
      listRevision: BigInt(contact.listRevision),
    })
  }

  const mailbox = async (contact: ContactRow, jobs: readonly OutboxJob[]): Promise<MailboxOutcome> => {
    for (const batch of batches(jobs)) {
      const outcome = await depositOne(contact, await depositOf(contact, batch), batch[0]?.attempts)
      deps.paths.depositEnded(contact.account, outcome === 'sent')
      if (outcome === 'refused') {
        // The key no longer opens the mailbox: trying again by ourselves cannot help.
        store.transaction((tx) => {
          for (const job of batch) {
            failMessage(tx, job.account, job.messageId, 'refused')
            tx.outbox.remove(job.seq)
          }
        })
        continue
      }
      if (outcome !== 'sent') return outcome
      const ids = batch.flatMap((job) => (job.envelopeId ? [job.envelopeId] : []))
      store.transaction((tx) => advanceJobs(tx, ids, clock.now()))
    }
    return 'sent'
  }

  return {
    direct: async (contact, jobs) => {
      const given: OutboxJob[] = []
      for (const job of jobs) {
        const peer = job.device && deps.paths.peerOf(contact.account, job.device)
        if (!peer || !job.envelopeId || !job.ciphertext) continue
        const envelope = create(EnvelopeSchema, { id: idBytes(job.envelopeId), body: job.ciphertext })
        const frame = toBinary(
          PeerFrameSchema,
          create(PeerFrameSchema, { frame: { case: 'envelope', value: envelope } })
        )
        if (!(await peers.send(peer, frame)).ok) break
        given.push(job)
      }
      return given
    },
    mailbox,
    ephemeral: async (contact, device, body, ttlSeconds) => {
      const envelope = create(EnvelopeSchema, { id: deps.random.bytes(16), body })
      const deposit = create(DepositSchema, {
        entries: [create(DepositEntrySchema, { deviceId: device, envelope })],
        listRevision: BigInt(contact.listRevision),
        ttlSeconds,
      })
      return (await depositOne(contact, deposit)) === 'sent'
    },
  }
}

/** Cuts jobs into deposits within the limits, in order. */
const batches = (jobs: readonly OutboxJob[]): readonly (readonly OutboxJob[])[] => {
  const out: OutboxJob[][] = []
  let size = Infinity
  for (const job of jobs) {
    const bytes = (job.ciphertext?.length ?? 0) + ENTRY_OVERHEAD
    if (size + bytes > LIMITS.depositBytes || (out.at(-1)?.length ?? 0) >= LIMITS.depositEntries) {
      out.push([])
      size = 0
    }
    out.at(-1)?.push(job)
    size += bytes
  }
  return out
}

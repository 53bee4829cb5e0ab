import type { CoreContext, Outbox } from '../context.ts'
import type { ContactRow, OutboxJob, OwnAccount } from '../ports/storage.ts'
import type { AccountId, EnvelopeId } from '../../protocol/ids.ts'
import { advanceJobs, dropUnsendable, fanOut, isSendable, postpone } from './outbox-rows.ts'
import { createSealer } from './seal.ts'
import { createDispatcher } from './dispatch.ts'

type Deps = Omit<CoreContext, 'outbox'>

/** Jobs looked at in one pass over an account's queue. */
const WINDOW = 64
/** A direct peer that has not committed by then: the mailbox takes over. */
const DIRECT_ACK = 4_000
const RETRY = { first: 1_000, most: 60_000 }

/**
 * Sends what the outbox table holds: fan out to devices, encrypt, hand to a direct peer or to the mailbox. All progress is in the
 * table; what is here in memory (what is under way, when to look again) may be lost at any moment.
 */
export const createOutbox = (deps: Deps): Outbox & { start(): void; stop(): void } => {
  const { store, clock, queue } = deps
  const sealer = createSealer(deps)
  const dispatcher = createDispatcher(deps)
  /** Envelopes given to a direct peer, not acknowledged yet. */
  const underWay = new Map<EnvelopeId, { seq: number; since: number }>()
  const failures = new Map<AccountId, { count: number; until: number }>()
  const kicked = new Set<AccountId>()
  let cancel = () => {}
  let stopped = false

  const due = (job: OutboxJob, now: number): boolean =>
    job.nextAt <= now &&
    !(job.envelopeId && (underWay.get(job.envelopeId)?.since ?? -Infinity) > now - DIRECT_ACK)

  const ready = (): { own: OwnAccount; now: number } | undefined => {
    const own = deps.own()
    return own && !stopped ? { own, now: clock.now() } : undefined
  }

  /** One pass; true when more is to be done at once. */
  const pass = async (account: AccountId): Promise<boolean> => {
    const state = ready()
    const contact = store.read((tx) => tx.contacts.get(account))
    if (!state || !contact) return false
    if (contact.safety === 'review' || contact.state === 'blocked' || contact.state === 'ignored')
      return false
    const jobs = store
      .read((tx) => tx.outbox.dueOfAccount(account, state.now, WINDOW))
      .filter((job) => due(job, state.now))
    if (jobs.length === 0) return false
    const devices = await devicesOf(contact)
    if (devices.length === 0) return fail(account)
    const [only] = devices.length === 1 ? devices : []
    // Most people have one device: its number is written together with the ciphertext, which saves a commit a message.
    const addressed = only
      ? jobs.map((job) => (job.device === null ? { ...job, device: only.id } : job))
      : jobs
    if (addressed.some((job) => job.device === null)) {
      store.transaction((tx) => fanOut(tx, addressed, devices))
      return true
    }
    if (addressed.some((job) => !isSendable(job, devices, state.now))) {
      store.transaction((tx) => dropUnsendable(tx, addressed, devices, state.now))
      return true
    }
    const sealed = await sealer.seal(state.own, contact, devices, addressed)
    if (!sealed.ok) return fail(account)
    const unsealed = addressed.filter((job) => !sealed.value.some(({ seq }) => seq === job.seq))
    if (unsealed.length > 0) store.transaction((tx) => postpone(tx, unsealed, clock.now()))
    // What was given directly and is not acknowledged in time is not given so again: the mailbox takes it.
    const untried = sealed.value.filter((job) => !job.envelopeId || !underWay.has(job.envelopeId))
    const direct = await dispatcher.direct(contact, untried)
    for (const job of direct)
      if (job.envelopeId) underWay.set(job.envelopeId, { seq: job.seq, since: clock.now() })
    const rest = sealed.value.filter((job) => !direct.includes(job))
    const outcome = rest.length > 0 ? await dispatcher.mailbox(contact, rest) : 'sent'
    for (const job of rest) if (job.envelopeId) underWay.delete(job.envelopeId)
    if (outcome === 'list-changed') return true
    if (outcome === 'failed') return fail(account)
    if (rest.length > 0) failures.delete(account)
    return jobs.length === WINDOW
  }

  const devicesOf = async (contact: ContactRow) => {
    const known = await deps.lists.devicesOf(contact)
    if (known.length > 0 || !(await deps.lists.refresh(contact.account))) return known
    const fresh = store.read((tx) => tx.contacts.get(contact.account))
    return fresh ? deps.lists.devicesOf(fresh) : []
  }

  const fail = (account: AccountId): false => {
    const count = (failures.get(account)?.count ?? 0) + 1
    const wait =
      Math.min(RETRY.most, RETRY.first * 2 ** Math.min(count - 1, 10)) * (0.5 + deps.random.fraction() / 2)
    failures.set(account, { count, until: clock.now() + wait })
    return false
  }

  const run = (account: AccountId): Promise<void> =>
    queue.run(`out:${account}`, async () => {
      kicked.delete(account)
      for (let more = true; more;) {
        try {
          more = await pass(account)
        } catch (error) {
          deps.log.warn('outbox-failed')
          fail(account)
          more = false
          if (!(error instanceof Error)) throw error
        }
      }
      schedule()
    })

  const kick = (account: AccountId): void => {
    if (kicked.has(account) || stopped) return
    kicked.add(account)
    void run(account)
  }

  const dueNow = (): readonly AccountId[] => {
    const now = clock.now()
    return store
      .read((tx) => tx.outbox.dueAccounts(now))
      .filter((account) => (failures.get(account)?.until ?? 0) <= now)
  }

  /** Looks again when the next job, direct time-out or pause after a failure is over. */
  const schedule = (): void => {
    cancel()
    if (stopped) return
    const now = clock.now()
    const times = [
      store.read((tx) => tx.outbox.nextDueAt()) ?? Infinity,
      ...[...underWay.values()].map((entry) => entry.since + DIRECT_ACK),
      ...[...failures.values()].map((entry) => entry.until).filter((until) => until > now),
    ]
    const later = times.filter((time) => time > now)
    if (later.length > 0) cancel = clock.after(Math.max(50, Math.min(...later, now + RETRY.most) - now), tick)
    else if (times[0] !== Infinity) cancel = clock.after(RETRY.first, tick)
  }

  const tick = (): void => {
    for (const account of dueNow()) kick(account)
    schedule()
  }

  const acknowledged = (ids: readonly EnvelopeId[]): void => {
    store.transaction((tx) => advanceJobs(tx, ids, clock.now()))
    for (const id of ids) underWay.delete(id)
  }

  return {
    kick,
    kickAll: () => {
      failures.clear()
      for (const account of store.read((tx) => tx.outbox.dueAccounts(clock.now()))) kick(account)
    },
    acknowledged,
    sendEphemeral: async (account, device, content, ttlSeconds) => {
      const own = deps.own()
      const contact = store.read((tx) => tx.contacts.get(account))
      if (!own || !contact) return false
      const body = await queue.run(`out:${account}`, () => sealer.sealOne(own, contact, device, content))
      return body ? dispatcher.ephemeral(contact, device, body, ttlSeconds) : false
    },
    sendSealed: async (account, device, body, ttlSeconds) => {
      const contact = store.read((tx) => tx.contacts.get(account))
      return contact ? dispatcher.ephemeral(contact, device, body, ttlSeconds) : false
    },
    start: () => {
      deps.peers.onEvent((event) => {
        if (event.type === 'peer' && event.state === 'disconnected') {
          underWay.clear()
          tick()
        }
      })
      tick()
    },
    stop: () => {
      stopped = true
      cancel()
    },
  }
}

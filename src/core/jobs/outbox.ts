import type { CoreContext, NewJob, Outbox } from '../context.ts'
import type { ContactRow, OutboxJob, OwnAccount, Tx } from '../ports/storage.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { addJob, dropUnsendable, fanOut, isSendable, postpone } from './outbox-rows.ts'
import { createSealer } from './seal.ts'
import { maySend } from './standing.ts'
import { createDispatcher, type MailboxOutcome } from './dispatch.ts'
import { createUnderWay } from './under-way.ts'

type Deps = Omit<CoreContext, 'outbox'>

/** Jobs looked at in one pass over an account's queue. */
const WINDOW = 64
const RETRY = { first: 1_000, most: 60_000 }

/**
 * Sends what the outbox table holds: fan out to devices, encrypt, hand to a direct peer or to the mailbox. All progress is in the
 * table; what is here in memory (what is under way, when to look again) may be lost at any moment.
 */
export const createOutbox = (deps: Deps): Outbox & { start(): void; stop(): void } => {
  const { store, clock, queue } = deps
  const sealer = createSealer(deps)
  const dispatcher = createDispatcher(deps)
  const underWay = createUnderWay(deps)
  const failures = new Map<AccountId, { count: number; until: number }>()
  const kicked = new Set<AccountId>()
  let cancel = () => {}
  let end = () => {}
  let stopped = false

  const dueOf = (account: AccountId, now: number): readonly OutboxJob[] =>
    store
      .read((tx) => tx.outbox.dueOfAccount(account, now, WINDOW))
      .filter((job) => !underWay.isAwaited(job, now))

  const ready = (): { own: OwnAccount; now: number } | undefined => {
    const own = deps.own()
    if (!store.read(maySend)) return undefined
    return own && !stopped ? { own, now: clock.now() } : undefined
  }

  /** One pass; true when more is to be done at once. */
  const pass = async (account: AccountId): Promise<boolean> => {
    const state = ready()
    const contact = store.read((tx) => tx.contacts.get(account))
    if (!state || !contact) return false
    if (!mayBeWritten(contact)) return false
    const jobs = dueOf(account, state.now)
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
    const outcome = await handOver(contact, sealed.value)
    if (outcome === 'list-changed') return true
    if (outcome === 'failed') return fail(account)
    return jobs.length === WINDOW
  }

  /** Gives encrypted jobs to direct peers, and to the mailbox what is left. */
  const handOver = async (contact: ContactRow, jobs: readonly OutboxJob[]): Promise<MailboxOutcome> => {
    // What was given directly and is not acknowledged in time is not given so again: the mailbox takes it.
    const untried = jobs.filter((job) => !underWay.wasGiven(job))
    underWay.began(untried)
    const given = await dispatcher.direct(contact, untried)
    underWay.ended(untried.filter((job) => !given.includes(job)))
    const rest = jobs.filter((job) => !given.includes(job))
    if (rest.length === 0) return 'sent'
    const outcome = await dispatcher.mailbox(contact, rest)
    underWay.ended(rest)
    if (outcome === 'sent') failures.delete(contact.account)
    return outcome
  }

  /**
   * The short way of something new: encrypted before it is written, so that content, ciphertext and ratchet step are one commit and one
   * flush, and given away at once. Answers false, with nothing written, where the long way has to be taken: something waits before it,
   * there are several devices, or there is no session yet.
   */
  const sendNew = async (job: NewJob, write: (tx: Tx) => boolean, written: () => void): Promise<boolean> => {
    const state = ready()
    const contact = store.read((tx) => tx.contacts.get(job.account))
    if (!state || !contact || !mayBeWritten(contact) || dueOf(job.account, state.now).length > 0) return false
    const [device, ...others] = await deps.lists.devicesOf(contact)
    if (!device || others.length > 0) return false
    let handed: Promise<MailboxOutcome> | undefined
    const sealed = await sealer.sealNew(
      state.own,
      contact,
      device,
      job,
      (tx, ciphertext) => (write(tx) ? addJob(tx, job, clock.now(), ciphertext) : undefined),
      (added) => {
        handed = added && handOver(contact, [added])
        written()
      }
    )
    const outcome = await handed
    if (outcome === 'failed') fail(job.account)
    if (outcome === 'list-changed') kick(job.account)
    schedule()
    return sealed
  }

  const trySendNew = (job: NewJob, write: (tx: Tx) => boolean): Promise<boolean> => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    // Nobody waits here for what is slow: a deposit, or prekeys being fetched.
    if (!queue.isIdle(`out:${job.account}`) || !queue.isIdle(`crypto:${job.account}`)) resolve(false)
    else
      queue
        .run(`out:${job.account}`, () => sendNew(job, write, () => resolve(true)))
        .then(resolve, (error: unknown) => {
          // Where it is written already, nobody waits for this any more, and the job is looked at again.
          deps.log.warn('outbox-failed')
          fail(job.account)
          schedule()
          reject(error)
        })
    return promise
  }

  const devicesOf = async (contact: ContactRow) => {
    const known = await deps.lists.devicesOf(contact)
    if (known.length > 0 || (await deps.lists.refresh(contact.account)) !== 'newer') return known
    const fresh = store.read((tx) => tx.contacts.get(contact.account))
    return fresh ? deps.lists.devicesOf(fresh) : []
  }

  const fail = (account: AccountId): false => {
    const count = (failures.get(account)?.count ?? 0) + 1
    const wait =
      Math.min(RETRY.most, RETRY.first * 2 ** Math.min(count - 1, 10)) * (0.5 + deps.random.fraction() / 2)
    failures.set(account, { count, until: clock.now() + wait })
    // They may have moved to relays that we do not know of: ask now and then, less and less often.
    if (count > 1 && Number.isInteger(Math.log2(count)))
      deps.background('list-not-found', async () => {
        if ((await deps.lists.refresh(account)) !== 'newer') return
        failures.delete(account)
        kick(account)
      })
    return false
  }

  /**
   * Whether nothing waits any more, after an attempt to send what does. A session forgets a chain after a few turns of its ratchet: what was encrypted
   * before must not come after messages that nobody keeps, and that go back and forth.
   */
  const isCaughtUp = async (account: AccountId): Promise<boolean> => {
    while (await pass(account));
    const state = ready()
    return state !== undefined && dueOf(account, state.now).length === 0
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
    deps.background('outbox-failed', () => run(account))
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
      ...underWay.deadlines(),
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

  return {
    kick,
    kickAll: () => {
      failures.clear()
      for (const account of store.read((tx) => tx.outbox.dueAccounts(clock.now()))) kick(account)
    },
    acknowledged: underWay.acknowledged,
    post: async (job, write) => {
      if (await trySendNew(job, write)) return
      store.transaction((tx) => {
        if (write(tx)) addJob(tx, job, clock.now())
      })
      kick(job.account)
    },
    sendEphemeral: async (account, device, content, ttlSeconds) => {
      const own = deps.own()
      const contact = store.read((tx) => tx.contacts.get(account))
      if (!own || !contact) return false
      const body = await queue.run(`out:${account}`, async () =>
        (await isCaughtUp(account)) ? sealer.sealOne(own, contact, device, content) : undefined
      )
      return body ? dispatcher.ephemeral(contact, device, body, ttlSeconds) : false
    },
    sendSealed: async (account, device, body, ttlSeconds) => {
      const contact = store.read((tx) => tx.contacts.get(account))
      return contact ? dispatcher.ephemeral(contact, device, body, ttlSeconds) : false
    },
    start: () => {
      end = deps.peers.onEvent((event) => {
        if (event.type === 'peer' && event.state === 'disconnected') {
          underWay.lost()
          tick()
        }
      })
      tick()
    },
    stop: () => {
      stopped = true
      cancel()
      end()
      underWay.settle()
    },
  }
}

/** Whether anything is sent to this contact now. */
const mayBeWritten = ({ safety, state }: ContactRow): boolean =>
  safety !== 'review' && state !== 'blocked' && state !== 'ignored'

import * as v from 'valibot'
import type { Channel } from '../bridge/channel.ts'
import type { Clock } from '../../core/ports/platform.ts'
import { lead, type LeadDeps } from './lead.ts'
import { openLeaderHub } from './leader-hub.ts'
import { holdLock, type Locks } from './locks.ts'
import { AnnouncementSchema, tabNames, type Announcement, type Request } from './names.ts'

/** What a tab's worker is just now. */
export type TabRole = 'following' | 'leading'

export interface TabDeps {
  /** Keeps profiles of one origin apart. */
  readonly scope: string
  /** Name of this worker, unlike that of any other. */
  readonly worker: string
  /** The bridge to this tab's window. */
  readonly window: Channel
  readonly locks: Locks
  readonly clock: Pick<Clock, 'after'>
  readonly newId: () => string
  readonly openCore: LeadDeps['openCore']
  readonly keep: LeadDeps['keep']
  /** This worker holds its own lock: from here on its release says that the worker is dead. */
  readonly onAlive: () => void
  readonly onRole: (role: TabRole) => void
}

export interface Tab {
  /** Tells whether a person can see this tab. */
  setVisible(visible: boolean): void
  /** Leaves for good. */
  leave(): Promise<void>
}

/** A leader that nobody has seen for this long gives way to a visible tab: phones freeze pages in the background. */
const UNSEEN = 30_000

/**
 * Joins the tabs of a profile: one worker leads and runs the core, the others carry what their windows say to it and back. When the leader's
 * lock falls free the next one leads, says so, and every client asks it again for what is unanswered.
 */
export const joinTabs = (deps: TabDeps): Tab => {
  const { locks, worker, window } = deps
  const names = tabNames(deps.scope)
  const requests = new BroadcastChannel(names.requests)
  const announcements = new BroadcastChannel(names.announcements)
  const answers = new BroadcastChannel(names.answers(worker))
  const tell = (request: Request): void => requests.postMessage(request)
  const announce = (announcement: Announcement): void => announcements.postMessage(announcement)
  let visible = true
  let unseen = false
  let cancelUnseen = (): void => undefined
  let following = false
  const leaving = new AbortController()
  let stopLeading: (() => Promise<void>) | undefined

  const offer = (): void => {
    if (following && visible) tell({ type: 'take-over', worker })
  }
  const hear = (announcement: unknown): void => {
    const parsed = v.safeParse(AnnouncementSchema, announcement)
    if (!parsed.success || !following) return
    if (parsed.output.type === 'leader') tell({ type: 'hello', worker })
    else offer()
  }

  const campaign = async (): Promise<void> => {
    const release = await holdLock(locks, names.leaderLock, leaving.signal, () => {
      following = true
      deps.onRole('following')
      tell({ type: 'hello', worker })
    })
    following = false
    if (!release || leaving.signal.aborted) return release?.()
    deps.onRole('leading')
    const leading = lead(deps)
    const detach = leading.attach(window)
    const ended = Promise.withResolvers<void>()
    const hub = openLeaderHub({
      names,
      locks,
      attach: leading.attach,
      onTakeOver: () => {
        if (unseen) void stopLeading?.()
      },
    })
    stopLeading = async () => {
      stopLeading = undefined
      hub.close()
      detach()
      await leading.close()
      release()
      ended.resolve()
    }
    if (unseen) announce({ type: 'unseen' })
    await ended.promise
  }

  const stopRelaying = window.onMessage((message) => {
    if (following) tell({ type: 'say', worker, message })
  })
  answers.addEventListener('message', (event: { readonly data: unknown }) => window.send(event.data))
  announcements.addEventListener('message', (event: { readonly data: unknown }) => hear(event.data))
  const start = async (): Promise<void> => {
    const die = await holdLock(locks, names.workerLock(worker), leaving.signal)
    deps.onAlive()
    while (!leaving.signal.aborted) await campaign()
    die?.()
  }
  const done = start()

  return {
    setVisible: (next) => {
      visible = next
      unseen = false
      cancelUnseen()
      offer()
      if (next) return
      cancelUnseen = deps.clock.after(UNSEEN, () => {
        unseen = true
        if (stopLeading) announce({ type: 'unseen' })
      })
    },
    leave: async () => {
      leaving.abort()
      cancelUnseen()
      stopRelaying()
      await stopLeading?.()
      await done
      requests.close()
      announcements.close()
      answers.close()
    },
  }
}

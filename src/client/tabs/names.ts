import * as v from 'valibot'

/** Names of the locks and channels that the tabs of one origin share. */
export interface TabNames {
  /** Held by the worker that runs the core. Its release is the leader's death. */
  readonly leaderLock: string
  /** Held by a tab's worker for as long as it lives. Its release is that worker's death. */
  workerLock(worker: string): string
  /** A new leader says so here. */
  readonly announcements: string
  /** Workers speak to the leader here; only it listens. */
  readonly requests: string
  /** The leader speaks to one worker here, so that no other tab copies what is not for it. */
  answers(worker: string): string
}

/** @param scope keeps profiles of one origin apart */
export const tabNames = (scope: string): TabNames => ({
  leaderLock: `${scope}-core`,
  workerLock: (worker) => `${scope}-worker-${worker}`,
  announcements: `${scope}-leader`,
  requests: `${scope}-requests`,
  answers: (worker) => `${scope}-answers-${worker}`,
})

const worker = v.pipe(v.string(), v.minLength(1), v.maxLength(64))

/** What workers of other tabs say to the leader. */
export const RequestSchema = v.variant('type', [
  v.object({ type: v.literal('hello'), worker }),
  v.object({ type: v.literal('say'), worker, message: v.unknown() }),
  /** A visible tab would take over from a leader that nobody sees. */
  v.object({ type: v.literal('take-over'), worker }),
])
export type Request = v.InferOutput<typeof RequestSchema>

/** What a leader says to all: that it leads, and that nobody has seen it for a while. */
export const AnnouncementSchema = v.object({ type: v.picklist(['leader', 'unseen']) })
export type Announcement = v.InferOutput<typeof AnnouncementSchema>

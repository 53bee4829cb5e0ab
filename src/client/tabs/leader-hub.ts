import * as v from 'valibot'
import { portChannel, type Channel } from '../bridge/channel.ts'
import { whenReleased, type Locks } from './locks.ts'
import { RequestSchema, type Announcement, type TabNames } from './names.ts'

export interface LeaderHubDeps {
  readonly names: TabNames
  readonly locks: Locks
  /** Serves one worker's window until the function it returns is called. */
  readonly attach: (channel: Channel) => () => void
  readonly onTakeOver: () => void
}

/** Lets the other tabs' workers in, each by a channel of its own, until they die or the hub closes. */
export const openLeaderHub = ({ names, locks, attach, onTakeOver }: LeaderHubDeps): { close(): void } => {
  const requests = new BroadcastChannel(names.requests)
  const followers = new Map<
    string,
    { readonly hear: (message: unknown) => void; readonly leave: () => void }
  >()

  const welcome = (id: string): void => {
    followers.get(id)?.leave()
    const answers = portChannel(new BroadcastChannel(names.answers(id)))
    const listeners = new Set<(message: unknown) => void>()
    const detach = attach({
      send: answers.send,
      onMessage: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      close: answers.close,
    })
    const leave = (): void => {
      forget()
      detach()
      answers.close()
      followers.delete(id)
    }
    const forget = whenReleased(locks, names.workerLock(id), leave)
    followers.set(id, {
      hear: (message) => {
        for (const listener of [...listeners]) listener(message)
      },
      leave,
    })
  }

  requests.addEventListener('message', (event: { readonly data: unknown }) => {
    const parsed = v.safeParse(RequestSchema, event.data)
    if (!parsed.success) return
    const request = parsed.output
    if (request.type === 'hello') welcome(request.worker)
    else if (request.type === 'say') followers.get(request.worker)?.hear(request.message)
    else onTakeOver()
  })
  const announcements = new BroadcastChannel(names.announcements)
  announcements.postMessage({ type: 'leader' } satisfies Announcement)

  return {
    close: () => {
      requests.close()
      announcements.close()
      for (const { leave } of [...followers.values()]) leave()
    },
  }
}

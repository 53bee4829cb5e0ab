import type { CoreContext } from '../context.ts'
import { notificationState } from '../jobs/notification-state.ts'
import type { BoxContent } from '../ports/push-box.ts'
import type { Tx } from '../ports/storage.ts'
import { fromBase64Url } from '../../lib/bytes.ts'

type Deps = Pick<CoreContext, 'store' | 'pushBox' | 'queue' | 'background'>

const contentOf = (tx: Tx): BoxContent | null => {
  const state = notificationState(tx)
  const vapidPublic = state?.on ? fromBase64Url(state.vapid.publicKey) : undefined
  if (!state || !vapidPublic) return null
  return {
    root: state.previews ? (fromBase64Url(state.root) ?? null) : null,
    vapidPublic,
    homes: Object.entries(state.tokens).flatMap(([origin, text]) => {
      const token = fromBase64Url(text)
      return token ? [{ origin, token }] : []
    }),
  }
}

/** Keeps what the service worker needs as the database has it: at start, since browsers lose one without the other, and at every change. */
export const createBoxFiller = ({ store, pushBox, queue, background }: Deps) => {
  let last: string | undefined
  let end = (): void => undefined

  const fill = (): void => {
    const content = store.read(contentOf)
    const text = JSON.stringify(content)
    if (text === last) return
    last = text
    const leave = async (): Promise<void> => {
      try {
        await pushBox.leave(content)
      } catch (error) {
        // It is not there: the next change writes, whatever it is.
        if (last === text) last = undefined
        throw error
      }
    }
    background('box-failed', () => queue.run('push-box', leave))
  }
  return {
    start: () => {
      fill()
      end = store.onCommit(({ tables }) => {
        if (tables.has('settings')) fill()
      })
    },
    stop: () => end(),
  }
}

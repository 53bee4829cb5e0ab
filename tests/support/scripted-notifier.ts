import type { Notifier, NotifierState } from '../../src/ui/lib/notifier.ts'

/** The browser's part of notifications as a test wants it; without a word of it the browser has none. */
export const createScriptedNotifier = (part: Partial<NotifierState> = {}): Notifier => {
  const state: NotifierState = { support: 'no', permission: 'default', trouble: false, ...part }
  return {
    watch: (listener) => {
      listener(state)
      return () => undefined
    },
    ask: async () => state.permission,
    setWords: () => undefined,
    setUnread: () => undefined,
  }
}

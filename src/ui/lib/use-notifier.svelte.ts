import type { Notifier, NotifierState } from './notifier.ts'

/** The browser's part of notifications as state, for as long as the component lives. */
export const useNotifier = (notifier: Notifier): { readonly state: NotifierState | undefined } => {
  let state = $state.raw<NotifierState | undefined>()
  $effect(() => notifier.watch((next) => (state = next)))
  return {
    get state() {
      return state
    },
  }
}

import type { MePassaClient } from '../client/contract.ts'

/** Chromium decides by itself how much the site is used; others put the question to the person. */
const asksNobody = (navigator: Navigator): boolean => 'userAgentData' in navigator

/**
 * Asks the browser not to evict what is kept, once there is an account worth keeping: when it has just been made here, and at later starts
 * where asking again disturbs nobody (Chromium refuses at first and agrees once the app is used or installed). The `storage` command tells
 * the answer.
 */
export const keepStorage = (client: Pick<MePassaClient, 'live'>, navigator: Navigator): (() => void) => {
  let wasWithout = false
  let asked = false
  return client.live('me', null, (me) => {
    if (!me) wasWithout = true
    else if (!asked && (wasWithout || asksNobody(navigator))) {
      asked = true
      void navigator.storage.persist().catch(() => false)
    }
  })
}

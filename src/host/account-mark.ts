import type { MePassaClient } from '../client/contract.ts'

const NAME = 'mepassa-account'

/** True when there was an account in this browser: nothing but eviction explains that there is none now. */
export const hadAccount = (storage: Storage): boolean => storage.getItem(NAME) !== null

/** Notes, outside of what a browser evicts together, that there is an account. The function it returns ends it. */
export const markAccount = (client: Pick<MePassaClient, 'live'>, storage: Storage): (() => void) =>
  client.live('me', null, (me) => {
    if (me) storage.setItem(NAME, '1')
  })

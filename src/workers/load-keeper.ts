import type { BrowserKeeper } from '../adapters/storage/browser-keeper.ts'

/** The keeper of the store, loaded once it is asked for: only the leader needs the database and the cryptography, followers stay light. */
export const keeperLoader = (name: string, expected: boolean): (() => Promise<BrowserKeeper>) => {
  let loading: Promise<BrowserKeeper> | undefined
  const load = async (): Promise<BrowserKeeper> => {
    const { createBrowserKeeper } = await import('../adapters/storage/browser-keeper.ts')
    return createBrowserKeeper({ name, expected })
  }
  return () => (loading ??= load())
}

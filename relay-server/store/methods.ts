import type { StoreAreas } from './relay-store.ts'

/** Every method of every area: what may be called across a thread. A method that is missing here does not compile. */
export const METHODS: {
  readonly [Area in keyof StoreAreas]: Readonly<Record<keyof StoreAreas[Area], true>>
} = {
  devices: { register: true, remove: true, requestKey: true, publishKey: true },
  keys: { replace: true, match: true, matchMany: true },
  lists: { get: true, put: true, newerThan: true, forget: true },
  endpoints: { put: true, remove: true, ofAccount: true, sweep: true },
  preKeys: { put: true, counts: true, claim: true },
  nonces: { use: true, sweep: true },
  census: { take: true },
  invites: { add: true, list: true, remove: true },
  blobs: {
    grant: true,
    hasToken: true,
    begin: true,
    held: true,
    find: true,
    advance: true,
    complete: true,
    ended: true,
    giveUp: true,
    end: true,
    remove: true,
    sweepTokens: true,
  },
  mailbox: {
    deposit: true,
    after: true,
    page: true,
    holds: true,
    acknowledge: true,
    sweep: true,
    count: true,
    bytes: true,
  },
  push: { put: true, knows: true, renew: true, remove: true, keepOnly: true, of: true, end: true },
}

/** A method of a store as seen from afar: arguments and answers are plain data that can be copied. */
export type Method = (...args: readonly unknown[]) => Promise<unknown>

/** Builds all areas from one function that makes a method of its name. */
export const mapMethods = (make: (area: string, method: string) => Method): StoreAreas =>
  Object.fromEntries(
    Object.entries(METHODS).map(([area, methods]) => [
      area,
      Object.fromEntries(Object.keys(methods).map((method) => [method, make(area, method)])),
    ])
  ) as unknown as StoreAreas

/** One method of one area; undefined if there is none of these names. */
export const methodOf = (areas: StoreAreas, area: string, method: string): Method | undefined => {
  if (!Object.hasOwn(METHODS, area)) return undefined
  const methods = areas[area as keyof StoreAreas] as unknown as Readonly<Record<string, Method>>
  return Object.hasOwn(METHODS[area as keyof StoreAreas], method) ? methods[method] : undefined
}

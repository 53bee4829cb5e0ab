/**
 * What pages and the core leave for the service worker, in a database of its own: the worker never opens the messages. All of it can be made
 * again, so whatever cannot be read counts as missing.
 */
import * as v from 'valibot'
import { request, withObjectStore } from './object-store.ts'

/** Asked when a key is there, not before: an address that is not secure has no such class, and the page says so. */
const isCryptoKey = (value: unknown): boolean => value instanceof CryptoKey

const PLACE = { database: 'mepassa-push', store: 'box' }

const bytes = (length: number) =>
  v.pipe(
    v.instance(Uint8Array),
    v.check((value) => value.length === length)
  )

const SCHEMAS = {
  /** Left by the core. */
  keys: v.object({
    /** HMAC-SHA-256, non-extractable; null: no previews. */
    root: v.nullable(v.custom<CryptoKey>(isCryptoKey)),
    /** P-256 point, 65 bytes. */
    vapidPublic: bytes(65),
    /** Relays that push, and the tokens of their pushes. */
    homes: v.array(v.object({ origin: v.string(), token: bytes(32) })),
  }),
  /** What notifications say without a preview, in the person's language: left by pages. */
  words: v.object({ messages: v.string(), call: v.string() }),
  /** Unread messages: pages set it, pushes count on. */
  unread: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Ids of the messages that were shown last, the newest first: none is shown twice. */
  shown: v.array(v.string()),
} as const

type Names = keyof typeof SCHEMAS
/** What lies under each name. */
export type Boxed = { readonly [N in Names]: v.InferOutput<(typeof SCHEMAS)[N]> }

const parse = <N extends Names>(name: N, stored: unknown): Boxed[N] | undefined => {
  const parsed = v.safeParse(SCHEMAS[name], stored)
  return parsed.success ? (parsed.output as Boxed[N]) : undefined
}

/** What lies there; undefined when nothing does. */
export const readBox = <N extends Names>(name: N): Promise<Boxed[N] | undefined> =>
  withObjectStore(PLACE, 'readonly', async (store) => parse(name, await request<unknown>(store.get(name))))

/** Puts something in place of what was there; null takes it away. */
export const writeBox = <N extends Names>(name: N, value: Boxed[N] | null): Promise<void> =>
  withObjectStore(PLACE, 'readwrite', async (store) => {
    if (value === null) await request(store.delete(name))
    else await request(store.put(value, name))
  })

/** Changes what lies there, one change after another; answers what it is then. */
export const changeBox = <N extends Names>(
  name: N,
  change: (before: Boxed[N] | undefined) => Boxed[N]
): Promise<Boxed[N]> =>
  withObjectStore(PLACE, 'readwrite', async (store) => {
    const after = change(parse(name, await request<unknown>(store.get(name))))
    await request(store.put(after, name))
    return after
  })

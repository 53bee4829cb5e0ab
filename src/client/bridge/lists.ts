/**
 * Long lists cross the bridge whole once and then as what changed, so that a change costs the same however long they are. What did not
 * change is told by being the same object: the core keeps those.
 */
import type { LiveName, LiveQueries } from '../../core/api.ts'

/** `removed` items at `at` give way to `added`; all others stay. */
export interface Splice {
  readonly at: number
  readonly removed: number
  readonly added: readonly unknown[]
}

/** How the value of a live query holds its list. */
interface ListOf<T> {
  get(value: T): readonly unknown[]
  put(value: T, list: readonly unknown[]): unknown
}

const LISTS: { readonly [N in LiveName]?: ListOf<LiveQueries[N][1]> } = {
  messages: {
    get: ({ messages }) => messages,
    put: (window, messages) => ({ ...window, messages }),
  },
  conversations: {
    get: (list) => list,
    put: (_, list) => list,
  },
}

/** The one of this live query; undefined where its values hold none. */
export const listOf = (name: string): ListOf<unknown> | undefined =>
  Object.hasOwn(LISTS, name) ? LISTS[name as LiveName] : undefined

/** The one splice that makes `after` of `before`. */
export const spliceBetween = (before: readonly unknown[], after: readonly unknown[]): Splice => {
  const most = Math.min(before.length, after.length)
  let at = 0
  while (at < most && before[at] === after[at]) at++
  let same = 0
  while (same < most - at && before[before.length - 1 - same] === after[after.length - 1 - same]) same++
  return { at, removed: before.length - at - same, added: after.slice(at, after.length - same) }
}

/** The list after a splice; undefined where it does not fit. */
export const spliced = (
  list: readonly unknown[],
  { at, removed, added }: Splice
): readonly unknown[] | undefined =>
  at + removed > list.length ? undefined : [...list.slice(0, at), ...added, ...list.slice(at + removed)]

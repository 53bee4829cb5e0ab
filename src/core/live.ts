import type { ConnectionState, LiveName, LiveQueries } from './api.ts'
import type { CoreContext } from './context.ts'
import { createConversationList, type ConversationList } from './conversation-list.ts'
import { toContact } from './domain/contact.ts'
import { notificationState } from './jobs/notification-state.ts'
import { standingOf } from './jobs/standing.ts'
import { toMe } from './me.ts'
import { createMessageWindow } from './messages/message-window.ts'
import { StorageFailure, type ChangeSet, type Tx } from './ports/storage.ts'
import { accountOf } from '../protocol/ids.ts'

/** A live query: its value now, and which changes may alter it. */
interface Live<T> {
  /** What changes beside every message and is looked at less: it follows a little later, once for all that changed meanwhile. */
  readonly follows?: true
  read(): T
  /** Notes a change; false when it does not matter here. */
  changed(change: ChangeSet): boolean
  /** Gives the same object as long as nothing changed. Others are small enough to be compared. */
  readonly isSteady?: true
  /** Reads more of what takes long to read whole; false when there is no more. */
  more?(): boolean
}
type Definitions = { readonly [N in LiveName]: (argument: LiveQueries[N][0]) => Live<LiveQueries[N][1]> }

const touches =
  (...tables: readonly (keyof Tx)[]) =>
  (change: ChangeSet): boolean =>
    tables.some((table) => change.tables.has(table))

/** The rest of a long list comes this much later, ms: whoever opens a conversation at once is not kept waiting by it. */
const REST = 500
/** Between two pieces of it, ms: what a person does goes first. */
const PAUSE = 20
/** A query that could not be read (the disk, memory) is read again so much later, ms, and later each time it fails again: nothing else may change it. */
const AGAIN = { first: 1_000, most: 60_000 } as const
/** How much later one that has failed so often is tried again, ms. */
const againAfter = (failures: number): number => Math.min(AGAIN.most, AGAIN.first * 2 ** (failures - 1))
/** How much later, ms: too short to be seen, long enough for a message to stand on both screens first. */
const FOLLOWS = 50

type Context = Pick<CoreContext, 'store' | 'clock' | 'log' | 'signals' | 'own'> & {
  readonly paths: Pick<CoreContext['paths'], 'want' | 'info' | 'directPeers'>
  readonly upkeep: Pick<CoreContext['upkeep'], 'state'>
}

const definitions = (ctx: Context, conversations: ConversationList): Definitions => ({
  me: () => ({
    read: () => {
      const own = ctx.own()
      return own ? toMe(own) : null
    },
    changed: touches('account'),
  }),
  conversations: () => ({
    follows: true,
    isSteady: true,
    read: conversations.value,
    changed: touches('conversations', 'contacts', 'messages'),
    more: conversations.more,
  }),
  messages: (range) => ({ isSteady: true, ...createMessageWindow(ctx.store, range) }),
  contact: ({ account }) => ({
    read: () => {
      const row = ctx.store.read((tx) => tx.contacts.get(account))
      return row ? toContact(row) : null
    },
    changed: touches('contacts'),
  }),
  path: ({ conversation }) => ({
    read: () => {
      const account = accountOf(conversation)
      return account
        ? ctx.paths.info(account)
        : { path: 'waiting', reason: 'not-accepted', since: 0, roundTrip: null }
    },
    changed: touches('contacts'),
  }),
  notifications: () => ({
    read: () => {
      const state = ctx.store.read(notificationState)
      const on = state?.on === true
      const homes = ctx.own()?.relays ?? []
      return {
        on,
        previews: state?.previews ?? true,
        vapidKey: on ? state.vapid.publicKey : null,
        endpoint: on ? (state.subscription?.endpoint ?? null) : null,
        ready: on && homes.every((origin) => state.told.includes(origin) || state.refused.includes(origin)),
        refused: on ? homes.filter((origin) => state.refused.includes(origin)) : [],
      }
    },
    changed: touches('settings'),
  }),
  connection: () => ({
    follows: true,
    read: (): ConnectionState => {
      const own = ctx.own()
      const relays = (own?.relays ?? []).map((origin) => ({ origin, ...ctx.upkeep.state(origin) }))
      return {
        online: relays.some((relay) => relay.state === 'connected'),
        relays,
        directPeers: ctx.paths.directPeers(),
        queued: ctx.store.read((tx) => tx.outbox.count()),
        device: ctx.store.read(standingOf),
      }
    },
    changed: touches('account', 'outbox', 'settings'),
  }),
})

interface Query {
  readonly name: LiveName
  readonly follows: boolean
  readonly changed: (change: ChangeSet) => boolean
  readonly refresh: () => void
  /** How often in a row it could not be read. */
  failures: number
  /** Ends the wait for the next try. */
  cancel: () => void
}

/** Live queries over the database and the network's state. */
export interface LiveRunner {
  live<N extends LiveName>(
    name: N,
    argument: LiveQueries[N][0],
    onValue: (value: LiveQueries[N][1]) => void
  ): () => void
  stop(): void
}

/** Makes the runner. Changes within one task are answered once; a value that reads the same as before is not repeated. */
export const createLive = (ctx: Context): LiveRunner => {
  const conversations = createConversationList(ctx.store)
  const all = definitions(ctx, conversations)
  const queries = new Set<Query>()
  const dirty = new Set<Query>()
  const following = new Set<Query>()
  let scheduled = false
  let cancelFollowing: (() => void) | undefined

  /** One that fails keeps no other from its value, and has another try: false. */
  const attempt = (query: Query, read = query.refresh): boolean => {
    // The value of another may have ended it.
    if (!queries.has(query)) return false
    query.cancel()
    try {
      read()
      query.failures = 0
      return true
    } catch (error) {
      query.failures += 1
      query.cancel = ctx.clock.after(againAfter(query.failures), () => attempt(query))
      ctx.log.warn('live-query-failed')
      // A defect surfaces as any uncaught error does.
      if (!(error instanceof StorageFailure))
        queueMicrotask(() => {
          throw error
        })
      return false
    }
  }
  const run = (set: Set<Query>): void => {
    const due = [...set]
    set.clear()
    for (const query of due) attempt(query)
  }
  const mark = (query: Query): void => {
    if (query.follows) {
      following.add(query)
      cancelFollowing ??= ctx.clock.after(FOLLOWS, () => {
        cancelFollowing = undefined
        run(following)
      })
      return
    }
    dirty.add(query)
    if (scheduled) return
    scheduled = true
    queueMicrotask(() => {
      scheduled = false
      run(dirty)
    })
  }
  const markNamed = (...names: LiveName[]): void => {
    for (const query of queries) if (names.includes(query.name)) mark(query)
  }

  const ends = [
    ctx.store.onCommit((change) => {
      conversations.changed(change)
      for (const query of queries) if (query.changed(change)) mark(query)
    }),
    ctx.signals.on('path', () => markNamed('path')),
    ctx.signals.on('connection', () => markNamed('connection', 'path')),
  ]

  return {
    live: (name, argument, onValue) => {
      const { read, changed, follows = false, isSteady = false, more } = all[name](argument)
      let last: { readonly value: unknown; readonly text: string } | undefined
      const refresh = (): void => {
        const value = read()
        if (last && value === last.value) return
        const text = isSteady ? '' : JSON.stringify(value)
        if (last && !isSteady && text === last.text) return
        last = { value, text }
        onValue(value)
      }
      const query: Query = { name, follows, refresh, changed, failures: 0, cancel: () => undefined }
      /** How often in a row the rest could not be read: what is read already may be shown meanwhile. */
      let failures = 0
      const readOn = (): void => {
        if (!queries.has(query) || !more) return
        let isMore = true
        const isRead = attempt(query, () => {
          // The list is one for all who ask: the rest may have been read for another.
          isMore = more()
          refresh()
        })
        failures = isRead ? 0 : failures + 1
        if (isMore) ctx.clock.after(isRead ? PAUSE : againAfter(failures), readOn)
      }
      if (name === 'path') wantPath(ctx, argument as LiveQueries['path'][0])
      queries.add(query)
      attempt(query)
      if (more) ctx.clock.after(REST, readOn)
      return () => {
        queries.delete(query)
        dirty.delete(query)
        following.delete(query)
        query.cancel()
      }
    },
    stop: () => {
      for (const end of ends) end()
      cancelFollowing?.()
      for (const query of queries) query.cancel()
      queries.clear()
    },
  }
}

/** Somebody looks at the conversation: a direct path is worth having. */
const wantPath = (ctx: Context, { conversation }: LiveQueries['path'][0]): void => {
  const account = accountOf(conversation)
  if (account) ctx.paths.want(account)
}

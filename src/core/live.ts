import type { ConnectionState, LiveName, LiveQueries } from './api.ts'
import type { CoreContext } from './context.ts'
import { createConversationList, type ConversationList } from './conversation-list.ts'
import { toContact } from './domain/contact.ts'
import { notificationState } from './jobs/notification-state.ts'
import { standingOf } from './jobs/standing.ts'
import { toMe } from './me.ts'
import { createMessageWindow } from './messages/message-window.ts'
import type { ChangeSet, Tx } from './ports/storage.ts'
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
/** How much later, ms: too short to be seen, long enough for a message to stand on both screens first. */
const FOLLOWS = 50

const definitions = (ctx: CoreContext, conversations: ConversationList): Definitions => ({
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
export const createLive = (ctx: CoreContext): LiveRunner => {
  const conversations = createConversationList(ctx.store)
  const all = definitions(ctx, conversations)
  const queries = new Set<Query>()
  const dirty = new Set<() => void>()
  const following = new Set<() => void>()
  let scheduled = false
  let cancelFollowing: (() => void) | undefined

  const run = (set: Set<() => void>): void => {
    const due = [...set]
    set.clear()
    for (const refresh of due) {
      try {
        refresh()
      } catch (error) {
        // One that fails keeps no other from its value; it surfaces as any uncaught error does.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
  const mark = ({ refresh, follows }: Query): void => {
    if (follows) {
      following.add(refresh)
      cancelFollowing ??= ctx.clock.after(FOLLOWS, () => {
        cancelFollowing = undefined
        run(following)
      })
      return
    }
    dirty.add(refresh)
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
      const query: Query = { name, follows, refresh, changed }
      const readOn = (): void => {
        if (!queries.has(query) || !more) return
        // The list is one for all who ask: the rest may have been read for another.
        const isMore = more()
        refresh()
        if (isMore) ctx.clock.after(PAUSE, readOn)
      }
      if (name === 'path') wantPath(ctx, argument as LiveQueries['path'][0])
      refresh()
      queries.add(query)
      if (more) ctx.clock.after(REST, readOn)
      return () => {
        queries.delete(query)
        dirty.delete(refresh)
        following.delete(refresh)
      }
    },
    stop: () => {
      for (const end of ends) end()
      cancelFollowing?.()
      queries.clear()
    },
  }
}

/** Somebody looks at the conversation: a direct path is worth having. */
const wantPath = (ctx: CoreContext, { conversation }: LiveQueries['path'][0]): void => {
  const account = accountOf(conversation)
  if (account) ctx.paths.want(account)
}

import type { ConnectionState, LiveName, LiveQueries, MessageWindow } from './api.ts'
import type { CoreContext } from './context.ts'
import { createConversationList, type ConversationList } from './conversation-list.ts'
import { toContact } from './domain/contact.ts'
import { toMe } from './me.ts'
import type { ChangeSet, Tx } from './ports/storage.ts'
import { accountOf, type ConversationId, type MessageId } from '../protocol/ids.ts'

/** One kind of live query: its value now, and which changes may alter it. */
interface Live<N extends LiveName> {
  /** What changes beside every message and is looked at less: it follows a little later, once for all that changed meanwhile. */
  readonly follows?: true
  read(argument: LiveQueries[N][0]): LiveQueries[N][1]
  /** What fills the screen, where the whole takes longer; the whole follows. Undefined where that is the whole already. */
  first?(argument: LiveQueries[N][0]): LiveQueries[N][1] | undefined
  touchedBy(change: ChangeSet, argument: LiveQueries[N][0]): boolean
}
type Definitions = { readonly [N in LiveName]: Live<N> }

const touches =
  (...tables: readonly (keyof Tx)[]) =>
  (change: ChangeSet): boolean =>
    tables.some((table) => change.tables.has(table))

const MOST_MESSAGES = 20_000
const FIRST_CONVERSATIONS = 60
/** The rest of a long list comes this much later, ms: whoever opens a conversation at once is not kept waiting by it. */
const REST = 500
/** How much later, ms: too short to be seen, long enough for a message to stand on both screens first. */
const FOLLOWS = 50

const definitions = (
  ctx: CoreContext,
  conversations: ConversationList,
  firstUnreadOf: (id: ConversationId) => MessageId | null
): Definitions => ({
  me: {
    read: () => {
      const own = ctx.own()
      return own ? toMe(own) : null
    },
    touchedBy: touches('account'),
  },
  conversations: {
    follows: true,
    read: () => conversations.all(),
    first: () => {
      const newest = conversations.newest(FIRST_CONVERSATIONS)
      return newest.length < FIRST_CONVERSATIONS ? undefined : newest
    },
    touchedBy: touches('conversations', 'contacts', 'messages'),
  },
  messages: {
    read: ({ conversation, limit }): MessageWindow => {
      const wanted = Math.max(1, Math.min(Math.trunc(limit) || 1, MOST_MESSAGES))
      const rows = ctx.store.read((tx) => tx.messages.newest({ conversation, limit: wanted + 1 }))
      const older = rows.length > wanted
      return { messages: older ? rows.slice(1) : rows, older, firstUnread: firstUnreadOf(conversation) }
    },
    touchedBy: (change, { conversation }) =>
      change.tables.has('messages') && change.conversations.has(conversation),
  },
  contact: {
    read: ({ account }) => {
      const row = ctx.store.read((tx) => tx.contacts.get(account))
      return row ? toContact(row) : null
    },
    touchedBy: touches('contacts'),
  },
  path: {
    read: ({ conversation }) => {
      const account = accountOf(conversation)
      return account
        ? ctx.paths.info(account)
        : { path: 'waiting', reason: 'not-accepted', since: 0, roundTrip: null }
    },
    touchedBy: touches('contacts'),
  },
  connection: {
    follows: true,
    read: (): ConnectionState => {
      const own = ctx.own()
      const relays = (own?.relays ?? []).map((origin) => ({ origin, ...ctx.upkeep.state(origin) }))
      return {
        online: relays.some((relay) => relay.state === 'connected'),
        relays,
        directPeers: ctx.paths.directPeers(),
        queued: ctx.store.read((tx) => tx.outbox.count()),
      }
    },
    touchedBy: touches('account', 'outbox'),
  },
})

interface Query {
  readonly name: LiveName
  readonly follows: boolean
  readonly touched: (change: ChangeSet) => boolean
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
  const queries = new Set<Query>()
  const dirty = new Set<() => void>()
  const following = new Set<() => void>()
  let scheduled = false
  let cancelFollowing: (() => void) | undefined

  const firstUnreadOf = (conversation: ConversationId): MessageId | null =>
    ctx.store.read((tx) => tx.messages.firstUnread(conversation)) ?? null

  const run = (set: Set<() => void>): void => {
    const due = [...set]
    set.clear()
    for (const refresh of due) refresh()
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
      conversations.changed(change.conversations)
      for (const query of queries) if (query.touched(change)) mark(query)
    }),
    ctx.signals.on('path', () => markNamed('path')),
    ctx.signals.on('connection', () => markNamed('connection', 'path')),
  ]

  return {
    live: (name, argument, onValue) => {
      let frozenUnread: MessageId | null | undefined
      // The "new messages" line stays where it was when the conversation was opened.
      const all = definitions(ctx, conversations, (id) =>
        frozenUnread === undefined ? (frozenUnread = firstUnreadOf(id)) : frozenUnread
      )
      const definition = all[name]
      let last: { readonly value: unknown; readonly text: string } | undefined
      const refresh = (): void => {
        const value = definition.read(argument)
        if (last && value === last.value) return
        // The chat list says itself when it changed; the others are small enough to be compared.
        const text = name === 'conversations' ? '' : JSON.stringify(value)
        if (last && text !== '' && text === last.text) return
        last = { value, text }
        onValue(value)
      }
      const query: Query = {
        name,
        follows: definition.follows === true,
        refresh,
        touched: (change) => definition.touchedBy(change, argument),
      }
      queries.add(query)
      if (name === 'path') wantPath(ctx, argument as LiveQueries['path'][0])
      const first = definition.first?.(argument)
      if (first) {
        onValue(first)
        ctx.clock.after(REST, () => queries.has(query) && refresh())
      } else refresh()
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

/** A client that plays a part written beforehand: for tests and pictures of the screens alone. Nothing of the product's core is in it. */
import type {
  CommandName,
  Commands,
  ConnectionState,
  EventName,
  Events,
  LiveName,
  LiveQueries,
  Me,
  MePassaClient,
  NotificationSettings,
  Outcome,
  SearchHit,
  StorageState,
} from '../../src/client/contract.ts'
import type { Contact } from '../../src/core/domain/contact.ts'
import type { Conversation, PathInfo } from '../../src/core/domain/conversation.ts'
import type { MePassaError } from '../../src/core/domain/errors.ts'
import type { Message } from '../../src/core/domain/message.ts'
import type { InvitePreview } from '../../src/client/contract.ts'
import {
  conversationWith,
  type AccountId,
  type ConversationId,
  type MessageId,
} from '../../src/protocol/ids.ts'

/** What the client knows at first, and what it does when asked. */
export interface Script {
  readonly me: Me | null
  readonly conversations: readonly Conversation[]
  readonly messages: ReadonlyMap<ConversationId, readonly Message[]>
  readonly path: PathInfo
  readonly connection: ConnectionState
  readonly storage: StorageState
  readonly notifications: NotificationSettings
  readonly invite: InvitePreview | MePassaError
  readonly newDevices: readonly number[]
  readonly listSignedAt: number
  /** Commands that fail, and how. */
  readonly failing: Partial<Record<CommandName, MePassaError>>
  /** Live queries and commands that never answer. */
  readonly silent: readonly (LiveName | CommandName)[]
}

export interface ScriptedClient extends MePassaClient {
  /** Commands that were called, with their arguments. */
  readonly calls: readonly { readonly name: CommandName; readonly argument: unknown }[]
  /** A message of the other side comes in, or one of ours changes. */
  put(message: Message): void
  /** Changes what is known of a contact. */
  setContact(contact: Contact): void
}

type Answers = { readonly [N in CommandName]: (argument: Commands[N][0]) => Commands[N][1] | MePassaError }
const isError = (value: unknown): value is MePassaError =>
  typeof value === 'object' && value !== null && 'kind' in value && 'reason' in value

/** Makes the client. Its answers come in later tasks, as the real one's do. */
export const createScriptedClient = (script: Script): ScriptedClient => {
  let me = script.me
  let receipts = true
  let notifications = script.notifications
  let minted = 0
  const calls: { name: CommandName; argument: unknown }[] = []
  const conversations = new Map(script.conversations.map((one) => [one.id, one]))
  const messages = new Map<ConversationId, readonly Message[]>(script.messages)
  const refreshers = new Set<() => void>()
  const listeners = new Map<EventName, Set<(event: never) => void>>()
  const changed = (): void => {
    for (const refresh of refreshers) queueMicrotask(refresh)
  }

  const messagesOf = (id: ConversationId): readonly Message[] => messages.get(id) ?? []
  const contactOf = (account: AccountId): Contact | null =>
    conversations.get(conversationWith(account))?.contact ?? null
  const change = (id: ConversationId, part: Partial<Conversation>): void => {
    const before = conversations.get(id)
    if (before) conversations.set(id, { ...before, ...part })
    changed()
  }
  const put = (message: Message): void => {
    const all = messagesOf(message.conversation)
    const at = all.findIndex((one) => one.id === message.id)
    messages.set(message.conversation, at < 0 ? [...all, message] : all.with(at, message))
    const unread = conversations.get(message.conversation)?.unread ?? 0
    const counts = at < 0 && !message.own
    change(message.conversation, {
      last: messages.get(message.conversation)?.at(-1) ?? null,
      unread: counts ? unread + 1 : unread,
      activeAt: message.at,
    })
    const contact = conversations.get(message.conversation)?.contact
    const event: Events['messageReceived'] | undefined = counts && contact ? { message, contact } : undefined
    if (event) for (const listener of listeners.get('messageReceived') ?? []) listener(event as never)
  }
  const become = (account: AccountId, part: Partial<Contact>): Contact | MePassaError => {
    const before = contactOf(account)
    if (!before) return { kind: 'input', reason: 'unknown-contact' }
    change(conversationWith(account), { contact: { ...before, ...part } })
    return { ...before, ...part }
  }

  const answers: Answers = {
    me: () => me,
    contacts: () => [...conversations.values()].map(({ contact }) => contact),
    createAccount: ({ name }) => {
      if (name === '') return { kind: 'input', reason: 'name-empty' }
      me = { account: OWN, name, relays: ['https://relay.example.org'] }
      changed()
      return me
    },
    rename: ({ name }) => {
      if (!me || name === '') return { kind: 'input', reason: 'name-empty' }
      me = { ...me, name }
      changed()
      return me
    },
    recoveryWords: () => WORDS,
    addRelay: ({ address }) => {
      if (!me || !address.includes('.')) return { kind: 'input', reason: 'relay-malformed' }
      me = { ...me, relays: [...me.relays, `https://${address}`] }
      changed()
      return me
    },
    removeRelay: ({ origin }) => {
      if (!me || me.relays.length === 1) return { kind: 'input', reason: 'relay-last' }
      me = { ...me, relays: me.relays.filter((relay) => relay !== origin) }
      changed()
      return me
    },
    inviteLink: () => ({
      link: `https://chat.example.org/#/invite/${PAYLOAD}`,
      expiresAt: Date.now() + 30 * 86_400_000,
    }),
    previewInvite: () => script.invite,
    addContact: () => {
      if (isError(script.invite)) return script.invite
      const { account, name } = script.invite
      const contact: Contact = { account, name, state: 'invited', safety: 'unverified', since: Date.now() }
      const id = conversationWith(account)
      conversations.set(id, { id, contact, last: null, unread: 0, draft: '', activeAt: Date.now() })
      changed()
      return contact
    },
    acceptRequest: ({ account }) => become(account, { state: 'accepted' }),
    ignoreRequest: ({ account }) => become(account, { state: 'ignored' }),
    block: ({ account }) => become(account, { state: 'blocked' }),
    unblock: ({ account }) => become(account, { state: 'accepted' }),
    sendMessage: ({ conversation, id, text }) => {
      const message = ownMessage(conversation, id, text)
      put(message)
      change(conversation, { draft: '' })
      return message
    },
    editMessage: ({ conversation, id, text }) => {
      const message = messagesOf(conversation).find((one) => one.id === id)
      if (!message) return { kind: 'input', reason: 'unknown-message' }
      const next: Message = { ...message, text, editedAt: Date.now() }
      put(next)
      return next
    },
    deleteMessage: ({ conversation, id }) => {
      const message = messagesOf(conversation).find((one) => one.id === id)
      if (!message) return { kind: 'input', reason: 'unknown-message' }
      put({ ...message, kind: 'deleted', text: '' })
      return null
    },
    clearMessages: ({ conversation }) => {
      messages.set(conversation, [])
      change(conversation, { last: null, unread: 0 })
      return null
    },
    setVanishAfter: ({ account, seconds }) => become(account, { vanishAfter: seconds }),
    retryMessage: ({ conversation, id }) => {
      const message = messagesOf(conversation).find((one) => one.id === id)
      if (!message) return { kind: 'input', reason: 'malformed' }
      const next: Message = { ...message, state: 'pending', failReason: null }
      put(next)
      return next
    },
    markRead: ({ conversation, upTo }) => {
      const received = messagesOf(conversation).filter((one) => !one.own && one.kind !== 'notice')
      const after = received.length - 1 - received.findIndex((one) => one.id === upTo)
      change(conversation, { unread: Math.min(after, conversations.get(conversation)?.unread ?? 0) })
      return null
    },
    messagePage: ({ conversation }) => ({ messages: messagesOf(conversation), next: null }),
    saveDraft: ({ conversation, text }) => {
      change(conversation, { draft: text })
      return null
    },
    safety: ({ account }) => {
      const contact = contactOf(account)
      if (!contact) return { kind: 'input', reason: 'unknown-contact' }
      const digits = Array.from({ length: 60 }, (_, index) => (index * 7 + 3) % 10).join('')
      const scannable = Uint8Array.from({ length: 72 }, (_, index) => (index * 37) & 0xff)
      const newDevices = contact.safety === 'review' ? script.newDevices : []
      return { digits, scannable, contact, newDevices, listSignedAt: script.listSignedAt }
    },
    markVerified: ({ account, verified }) =>
      become(account, { safety: verified ? 'verified' : 'unverified' }),
    confirmSafety: ({ account }) => become(account, { safety: 'unverified' }),
    search: ({ query, scope, limit }) => {
      const word = query.toLowerCase()
      const all = [...conversations.values()].flatMap(({ id, contact }) =>
        messagesOf(id).flatMap((message): SearchHit[] => {
          if (id !== (scope.conversation ?? id) || message.author !== (scope.author ?? message.author))
            return []
          const at = message.kind === 'text' ? message.text.toLowerCase().indexOf(word) : -1
          if (at < 0) return []
          const { text } = message
          const end = at + word.length
          return [
            {
              message,
              contact,
              excerpt: `${text.slice(0, at)}\u0002${text.slice(at, end)}\u0003${text.slice(end)}`,
            },
          ]
        })
      )
      return { hits: all.slice(0, limit), next: null, indexing: false }
    },
    backupPiece: ({ index }) => ({ bytes: new Uint8Array(64), done: index > 0 }),
    restorePiece: () => ({ kind: 'input', reason: 'wrong-passphrase' }),
    renewDevice: () => null,
    acknowledgeDevice: () => null,
    storage: () => script.storage,
    setReadReceipts: ({ on }) => {
      receipts = on
      return null
    },
    settings: () => ({ readReceipts: receipts }),
    setNotifications: ({ on, previews }) => {
      notifications = { ...notifications, on, previews, vapidKey: on ? 'key' : null }
      changed()
      return null
    },
    setPushSubscription: () => null,
    endPush: () => null,
    wake: () => null,
  }

  const values: { readonly [N in LiveName]: (argument: LiveQueries[N][0]) => LiveQueries[N][1] } = {
    me: () => me,
    conversations: () => [...conversations.values()].sort((a, b) => b.activeAt - a.activeAt),
    messages: ({ conversation, limit, around }) => {
      const all = messagesOf(conversation)
      const at = all.findIndex(({ id }) => id === around?.message)
      const upTo = at < 0 ? all.length : at + 1
      const first = Math.max(0, upTo - limit)
      const end = upTo + (around && at >= 0 ? around.after : 0)
      return {
        messages: all.slice(first, end),
        older: first > 0,
        from: first > 0 ? (all[first] ?? null) : null,
        newer: end < all.length,
        around: all[at]?.id ?? null,
        firstUnread: null,
      }
    },
    contact: ({ account }) => contactOf(account),
    path: () => script.path,
    connection: () => script.connection,
    notifications: () => notifications,
  }

  const firstUnreadOf = (id: ConversationId): MessageId | null => {
    const unread = conversations.get(id)?.unread ?? 0
    const received = messagesOf(id).filter((one) => !one.own && one.kind !== 'notice')
    return unread > 0 ? (received.at(-unread)?.id ?? null) : null
  }

  return {
    calls,
    put,
    setContact: (contact) => change(conversationWith(contact.account), { contact }),
    newMessageId: () => (++minted).toString(16).padStart(32, 'f') as MessageId,
    close: async () => {},
    call: async <N extends CommandName>(
      name: N,
      argument: Commands[N][0]
    ): Promise<Outcome<Commands[N][1]>> => {
      calls.push({ name, argument })
      if (script.silent.includes(name)) return new Promise(() => {})
      const failure = script.failing[name]
      const value: Commands[N][1] | MePassaError = failure ?? answers[name](argument)
      return isError(value) ? { ok: false, error: value } : { ok: true, value }
    },
    live: (name, argument, onValue) => {
      if (script.silent.includes(name)) return () => {}
      // As the core does: where the line stands is decided when the query begins.
      const line =
        name === 'messages' ? firstUnreadOf((argument as LiveQueries['messages'][0]).conversation) : null
      let last: string | undefined
      let ended = false
      const refresh = (): void => {
        if (ended) return
        const value = values[name](argument)
        const text = JSON.stringify(value)
        if (text === last) return
        last = text
        onValue(line === null ? value : { ...value, firstUnread: line })
      }
      refreshers.add(refresh)
      queueMicrotask(refresh)
      return () => {
        ended = true
        refreshers.delete(refresh)
      }
    },
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set.add(listener))
      return () => set.delete(listener)
    },
  }
}

/** The account of the person at the screen. */
export const OWN = '00000000-0000-8000-8000-00000000aaaa' as AccountId

const ownMessage = (conversation: ConversationId, id: MessageId, text: string): Message => ({
  conversation,
  author: OWN,
  id,
  clock: { physical: Date.now(), logical: 0 },
  kind: 'text',
  text,
  state: 'pending',
  failReason: null,
  at: Date.now(),
  own: true,
})

const PAYLOAD = 'AQBvCAESEJ0f2nY5'.repeat(16)
const WORDS =
  'apple brave cabin dance early fabric garden habit island jacket kitchen lemon market noodle ocean paper quick river salad table umbrella velvet window zebra'.split(
    ' '
  )

/** A core of a few lines for tests of what lies between it and its callers: it keeps messages in a ledger that outlives it. */
import type { ServedCore } from '../../../src/client/bridge/checked-core.ts'
import type {
  CommandName,
  Commands,
  EventName,
  Events,
  LiveName,
  LiveQueries,
  Outcome,
} from '../../../src/client/contract.ts'
import type { Contact } from '../../../src/core/domain/contact.ts'
import type { Message } from '../../../src/core/domain/message.ts'
import { err, ok } from '../../../src/lib/result.ts'
import { conversationWith, type AccountId, type MessageId } from '../../../src/protocol/ids.ts'

export const ANA = '00000000-0000-8000-8000-00000000000a' as AccountId
export const BIA = '00000000-0000-8000-8000-00000000000b' as AccountId
export const WITH_BIA = conversationWith(BIA)

export const CONTACT: Contact = {
  account: BIA,
  name: 'Bia',
  state: 'accepted',
  safety: 'unverified',
  since: 1,
}

export const messageOf = (id: MessageId, text: string): Message => ({
  conversation: WITH_BIA,
  author: ANA,
  id,
  clock: { physical: 1, logical: 0 },
  kind: 'text',
  text,
  state: 'pending',
  failReason: null,
  at: 1,
  own: true,
})

/** What is committed, whichever core runs. */
export interface Ledger {
  readonly messages: Map<MessageId, Message>
  /** How often each command was run, by name and argument. */
  readonly runs: string[]
}
export const newLedger = (): Ledger => ({ messages: new Map(), runs: [] })

export interface SmallCore extends ServedCore {
  emit<N extends EventName>(name: N, event: Events[N]): void
  /** From now on commands commit but do not answer, until `release`. */
  hold(): void
  release(): void
  listeners(): number
  queries(): number
}

/** Understands sendMessage, me, safety, storage (which throws) and the live query of messages. */
export const createSmallCore = (ledger: Ledger): SmallCore => {
  const queries = new Set<() => void>()
  const listeners = new Set<{ name: EventName; listener: (event: never) => void }>()
  let gate = Promise.withResolvers<void>()
  gate.resolve()

  const run = (name: CommandName, argument: Commands[CommandName][0]): Outcome<unknown> => {
    ledger.runs.push(`${name} ${JSON.stringify(argument)}`)
    if (name === 'storage') throw new Error('broken')
    if (name === 'me') return ok({ account: ANA, name: 'Ana', relays: ['https://relay.example'] })
    if (name === 'safety') {
      return ok({
        digits: '0'.repeat(60),
        scannable: new Uint8Array([1, 2, 3]),
        contact: CONTACT,
        newDevices: [],
        listSignedAt: null,
      })
    }
    if (name === 'sendMessage') {
      const { id, text } = argument as Commands['sendMessage'][0]
      const message = ledger.messages.get(id) ?? messageOf(id, text)
      ledger.messages.set(id, message)
      for (const refresh of queries) refresh()
      return ok(message)
    }
    // An answer that is none of this command's.
    if (name === 'settings') return ok({ readReceipts: 'perhaps' })
    return err({ kind: 'network', reason: 'offline' })
  }

  return {
    call: async <N extends CommandName>(name: N, argument: Commands[N][0]) => {
      const outcome = run(name, argument)
      await gate.promise
      return outcome as Outcome<Commands[N][1]>
    },
    live: <N extends LiveName>(
      _name: N,
      argument: LiveQueries[N][0],
      onValue: (value: LiveQueries[N][1]) => void
    ) => {
      const { limit } = argument as LiveQueries['messages'][0]
      const refresh = (): void => {
        const all = [...ledger.messages.values()]
        const value: LiveQueries['messages'][1] = {
          messages: all.slice(-limit),
          older: all.length > limit,
          from: null,
          newer: false,
          around: null,
          firstUnread: null,
        }
        onValue(value)
      }
      queries.add(refresh)
      refresh()
      return () => queries.delete(refresh)
    },
    on: (name, listener) => {
      const entry = { name, listener: listener as (event: never) => void }
      listeners.add(entry)
      return () => listeners.delete(entry)
    },
    emit: (name, event) => {
      for (const one of [...listeners]) if (one.name === name) one.listener(event as never)
    },
    hold: () => (gate = Promise.withResolvers<void>()),
    release: () => gate.resolve(),
    listeners: () => listeners.size,
    queries: () => queries.size,
  }
}

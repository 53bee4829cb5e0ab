/** The lists that are kept in memory say what the store holds, whatever changes, and read no more than what changed. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import type { SqlDriver } from '../../../src/adapters/storage/driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import { createConversationList } from '../../../src/core/conversation-list.ts'
import type { MessageWindow } from '../../../src/core/api.ts'
import type { Message } from '../../../src/core/domain/message.ts'
import type { Store, Tx } from '../../../src/core/ports/storage.ts'
import { createMessageWindow } from '../../../src/core/messages/message-window.ts'
import { conversationWith } from '../../../src/protocol/ids.ts'
import {
  accountId,
  ANA,
  contactRow,
  message,
  messageId,
  OWN,
  WITH_ANA,
} from '../../contract/storage/samples.ts'

const open = () => {
  const driver = openNodeDriver(':memory:', '0'.repeat(64))
  let rowsRead = 0
  const counting: SqlDriver = {
    ...driver,
    prepare: (sql) => {
      const statement = driver.prepare(sql)
      return {
        run: statement.run,
        get: (...values) => {
          const row = statement.get(...values)
          if (row) rowsRead++
          return row
        },
        all: (...values) => {
          const rows = statement.all(...values)
          rowsRead += rows.length
          return rows
        },
      }
    },
  }
  const store = createStore(counting)
  beginAnew(store)
  return { store, reads: () => rowsRead }
}

const beginAnew = (store: Store): void =>
  store.transaction((tx) => {
    tx.history.clear()
    tx.contacts.put(contactRow(ANA))
    tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 })
  })

const at = (n: number, clock: number, own: boolean): Message => ({
  ...message(n),
  author: own ? OWN : ANA,
  id: messageId(n),
  clock: { physical: 1_000 + clock, logical: 0 },
  own,
})

test('a window of messages is what the store holds between its ends, after any changes, also when it grows or moves among them', () => {
  const { store } = open()
  const change = fc.record({
    kind: fc.constantFrom('insert', 'insert', 'insert', 'remove', 'state', 'edit', 'erase', 'clear'),
    n: fc.integer({ min: 1, max: 30 }),
    clock: fc.integer({ min: 0, max: 20 }),
    own: fc.boolean(),
  })
  const range = fc.record({
    limit: fc.integer({ min: 1, max: 8 }),
    far: fc.option(fc.record({ place: fc.nat({ max: 19 }), after: fc.integer({ min: 0, max: 5 }) }), {
      nil: undefined,
    }),
  })
  const all = (): readonly Message[] =>
    store.read((tx) => tx.messages.newest({ conversation: WITH_ANA, limit: 99 }))
  const apply = (changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[]): void =>
    store.transaction((tx) => {
      for (const { kind, n, clock, own } of changes) {
        const one = at(n, clock, own)
        const edit = { clock: { physical: 5_000 + clock, logical: 0 }, text: `${clock}`, at: 1 }
        if (kind === 'insert') tx.messages.insert(one)
        else if (kind === 'remove') tx.messages.remove(one)
        else if (kind === 'erase') tx.messages.erase(one)
        else if (kind === 'edit') tx.messages.edit(one, edit)
        else if (kind === 'clear' && n === 1) tx.messages.clear(WITH_ANA)
        else if (tx.messages.get(one)) tx.messages.setState(one, 'read', null)
      }
    })
  /** What the screen asks for: another window begins where this one ends. */
  const ask = ({ limit, far }: typeof range extends fc.Arbitrary<infer T> ? T : never) => {
    // Two people may have used the same id: either will do.
    const id = (far && all()[far.place]?.id) ?? messageId(99)
    const anchor = store.read((tx) => tx.messages.named(WITH_ANA, id))
    const around = far && { message: id, after: far.after }
    const asked = { conversation: WITH_ANA, limit, ...(around && { around }) }
    const window = createMessageWindow(store, asked)
    let isCleared = false
    const forget = store.onCommit((told) => {
      window.changed(told)
      isCleared ||= told.cleared.size > 0
    })
    const first = window.read()
    const upTo = anchor ? all().findIndex((one) => !isBefore(one, anchor)) + 1 : all().length
    const end = anchor ? upTo + (far?.after ?? 0) : upTo
    expect(first.messages).toEqual(all().slice(Math.max(0, upTo - limit), end))
    expect([first.older, first.newer]).toEqual([upTo > limit, end < all().length])
    expect(first.around).toBe(anchor?.id ?? null)
    /** What lies beyond the ends that were there at the beginning stays outside. */
    const between = ({ messages, older, newer }: MessageWindow) => {
      const bound = older ? messages[0] : undefined
      const last = newer ? messages.at(-1) : undefined
      return (one: Message): boolean => !(bound && isBefore(one, bound)) && !(last && isBefore(last, one))
    }
    let isInside = between(first)
    const check = (): void => {
      const now = window.read()
      if (isCleared) {
        // It begins anew, as one that is asked for now.
        const { firstUnread: _, ...begun } = createMessageWindow(store, asked).read()
        expect(now).toMatchObject(begun)
        isInside = between(now)
        isCleared = false
      } else expect(now.messages).toEqual(all().filter(isInside))
      expect(new Set(now.messages.map(({ author, id }) => author + id)).size).toBe(now.messages.length)
    }
    return { check, forget }
  }
  const run = fc.property(
    fc.array(change, { maxLength: 20 }),
    fc.array(fc.record({ changes: fc.array(change, { maxLength: 4 }), next: fc.option(range) }), {
      maxLength: 12,
    }),
    range,
    (before, transactions, begin) => {
      beginAnew(store)
      apply(before)
      let asked = ask(begin)
      for (const { changes, next } of transactions) {
        apply(changes)
        if (next) {
          // Before it was read again: what changed last is in the next one.
          asked.forget()
          asked = ask(next)
        } else asked.check()
      }
      asked.forget()
    }
  )
  fc.assert(run, { numRuns: 200 })
})

const isBefore = (a: Message, b: Message): boolean =>
  a.clock.physical - b.clock.physical < 0 ||
  (a.clock.physical === b.clock.physical && a.author + a.id < b.author + b.id)

test('what a change costs to store and to show does not grow with the conversation', () => {
  const costsOf = (count: number): Readonly<Record<string, number>> => {
    const { store, reads } = open()
    store.transaction((tx) => {
      for (let n = 1; n <= count; n++) tx.messages.insert(at(n, n, false))
    })
    const window = createMessageWindow(store, { conversation: WITH_ANA, limit: 20_000 })
    store.onCommit((told) => void window.changed(told))
    expect(window.read().messages).toHaveLength(count)
    /** Rows that were read for it. All messages that it is not about stay the same objects: the bridge tells what changed by that. */
    const costOf = (change: (tx: Tx) => void, changed: number): number => {
      const before = new Set(window.read().messages)
      const from = reads()
      store.transaction(change)
      const after = window.read().messages
      const cost = reads() - from
      expect(after.filter((one) => !before.has(one))).toHaveLength(changed)
      return cost
    }
    const middle = at(count / 2, count / 2, false)
    const edit = { clock: { physical: 90_000, logical: 0 }, text: 'other', at: 1 }
    return {
      arrives: costOf((tx) => tx.messages.insert(at(count + 1, count + 1, false)), 1),
      late: costOf((tx) => tx.messages.insert(at(count + 2, count / 2, true)), 1),
      edited: costOf((tx) => tx.messages.edit(middle, edit), 1),
      deleted: costOf((tx) => tx.messages.erase(middle), 1),
      gone: costOf((tx) => tx.messages.remove(middle), 0),
      read: costOf((tx) => tx.messages.markRead(WITH_ANA, at(1, 1, false), 0), 0),
    }
  }
  const few = costsOf(1_000)
  expect(Object.values(few).every((cost) => cost > 0 && cost < 20)).toBe(true)
  expect(costsOf(19_000)).toEqual(few)
})

test('a long chat list comes in pieces, each conversation once, and stays right while it comes', () => {
  const { store } = open()
  store.transaction((tx) => {
    for (let n = 10; n < 1_010; n++) {
      tx.contacts.put(contactRow(accountId(n)))
      // Many were active in the same moment.
      tx.conversations.put({
        id: conversationWith(accountId(n)),
        draft: '',
        activeAt: 1 + Math.floor(n / 300),
      })
    }
  })
  const list = createConversationList(store)
  store.onCommit(list.changed)
  expect(list.value()).toHaveLength(60)
  let pieces = 0
  while (list.more()) {
    pieces++
    // One far down becomes active meanwhile, and one is renamed.
    const moved = conversationWith(accountId(10 + pieces))
    store.transaction((tx) => tx.conversations.put({ id: moved, draft: '', activeAt: 100 + pieces }))
    expect(list.value()[0]?.id).toBe(moved)
  }
  expect(pieces).toBeGreaterThan(2)
  const all = list.value()
  expect(new Set(all.map(({ id }) => id)).size).toBe(1_001)
  expect(all.map(({ activeAt }) => activeAt)).toEqual(
    all.map(({ activeAt }) => activeAt).sort((a, b) => b - a)
  )
  expect(list.value()).toBe(all)
})

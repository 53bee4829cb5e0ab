import type { Message } from '../../../src/core/domain/message.ts'
import type { Store } from '../../../src/core/ports/storage.ts'
import { same, type Case } from './check.ts'
import { ANA, anywhere, BEN, message, messageId, OWN, WITH_ANA, WITH_BEN } from './samples.ts'

const put = (store: Store, ...messages: readonly Message[]): void =>
  store.transaction((tx) => {
    for (const id of [WITH_ANA, WITH_BEN])
      if (!tx.conversations.get(id)) tx.conversations.put({ id, draft: '', activeAt: 1 })
    for (const each of messages) tx.messages.insert(each)
  })
const clear = (store: Store): void => store.transaction((tx) => tx.messages.clear(WITH_ANA))
const step = (store: Store): void => store.transaction((tx) => tx.search.index(25))
const isWaiting = (store: Store): boolean => store.read((tx) => tx.search.waiting()) !== 'none'
const finish = (store: Store): number => {
  for (let steps = 0; ; steps++) {
    if (!isWaiting(store)) return steps
    step(store)
  }
}
const found = (store: Store, text: string): readonly string[] =>
  store.search(anywhere(text), null, 2_000).hits.map((hit) => hit.message.text)

/** All that can be asked of a conversation. */
const seen = (store: Store) =>
  store.read((tx) => {
    const texts = (messages: readonly Message[]): readonly string[] => messages.map(({ text }) => text)
    const end = message(5_000)
    return {
      newest: texts(tx.messages.newest({ conversation: WITH_ANA, limit: 99 })),
      upTo: texts(tx.messages.upTo(end, 99)),
      after: texts(tx.messages.after({ ...end, clock: { physical: 0, logical: 0 } }, 99)),
      unread: [tx.conversations.get(WITH_ANA)?.unread, tx.messages.firstUnread(WITH_ANA)],
      last: tx.conversations.list(null, 9).find(({ row }) => row.id === WITH_ANA)?.last?.text,
      whole: tx.history
        .messages(-1, 9_999)
        .filter((one) => one.message.conversation === WITH_ANA)
        .map((one) => one.message.text),
      named: [tx.messages.named(WITH_ANA, messageId(1)), tx.messages.get(message(1))],
    }
  })
const NOTHING = {
  newest: [],
  upTo: [],
  after: [],
  unread: [0, undefined],
  last: undefined,
  whole: [],
  named: [undefined, undefined],
}

export const clearCases: readonly Case<Store>[] = [
  {
    name: 'all messages of a conversation go at once, those of others stay, and nothing changes while their rows go',
    run: (store) => {
      const mine = Array.from({ length: 450 }, (_, n) =>
        n % 2 === 0 ? message(n) : message(n, { author: OWN, own: true, state: 'read' })
      )
      put(store, ...mine, message(9_000, { conversation: WITH_BEN, author: BEN, text: 'message to Ben' }))
      finish(store)
      same(found(store, 'message').length, 451)
      clear(store)
      let steps = 0
      for (; isWaiting(store); steps++) {
        if (steps === 2) clear(store)
        same([seen(store), found(store, 'message')], [NOTHING, ['message to Ben']])
        same(store.transaction((tx) => tx.messages.markRead(WITH_ANA, null, 0)).length, 0)
        step(store)
      }
      same(steps > 5, true, 'it takes steps')
      same([seen(store), found(store, 'essag')], [NOTHING, ['message to Ben']])
      same(
        store.transaction((tx) => tx.messages.insert(message(1))),
        true,
        'it may come again'
      )
      same(found(store, 'message').length, 2)
    },
  },
  {
    name: 'what comes after that is there, is counted and found, also when it is older, and stays',
    run: (store) => {
      put(store, ...Array.from({ length: 300 }, (_, n) => message(100 + n, { text: `old ${n}` })))
      finish(store)
      clear(store)
      put(store, message(9, { text: 'late' }), message(900, { text: 'new' }), message(100, { text: 'again' }))
      const check = (): void => {
        const now = seen(store)
        same(now.newest, ['late', 'new'])
        same(
          [now.upTo, now.after, now.whole],
          [
            ['late', 'new'],
            ['late', 'new'],
            ['late', 'new'],
          ]
        )
        same([now.unread, now.last], [[2, messageId(9)], 'new'])
        same([found(store, 'late'), found(store, 'old'), found(store, 'again')], [['late'], [], []])
      }
      check()
      step(store)
      check()
      finish(store)
      check()
      same(store.transaction((tx) => tx.messages.markRead(WITH_ANA, message(9), 0)).length, 1)
      same(seen(store).unread, [1, messageId(900)])
    },
  },
  {
    name: 'clearing tells of the conversation, forgets early edits, and does nothing where there is nothing',
    run: (store) => {
      put(store, message(1))
      store.transaction((tx) =>
        tx.messages.keepEdit(message(2), { clock: { physical: 9, logical: 0 }, text: 'early', at: 9 })
      )
      const told: unknown[] = []
      const stop = store.onCommit(({ cleared, conversations }) => told.push([...cleared], [...conversations]))
      clear(store)
      stop()
      same(told, [[WITH_ANA], [WITH_ANA]])
      same(
        store.transaction((tx) => tx.messages.takeEdit(message(2))),
        undefined
      )
      clear(store)
      same(finish(store) > 0, true)
      store.transaction((tx) => tx.history.clear())
      clear(store)
      same(finish(store), 0)
      put(store, message(1))
      same(seen(store).newest, ['message 1'])
    },
  },
  {
    name: 'many that are removed, and long ones that are edited, are gone from what is found at once, and the rest is found all along',
    run: (store) => {
      const long = `${'parrot '.repeat(60)} ending`
      put(store, ...Array.from({ length: 300 }, (_, n) => message(n, { author: ANA, text: `macaw ${n}` })))
      put(store, message(500, { text: long }), message(501, { text: 'a finch' }))
      finish(store)
      store.transaction((tx) => {
        for (let n = 0; n < 250; n++) tx.messages.remove(message(n))
        tx.messages.edit(message(500), { clock: { physical: 9e12, logical: 0 }, text: 'a lory', at: 9 })
      })
      for (;;) {
        same(
          [found(store, 'macaw').length, found(store, 'parrot'), found(store, 'lory')],
          [50, [], ['a lory']]
        )
        same([found(store, 'finch'), found(store, 'inc')], [['a finch'], ['a finch']])
        if (!isWaiting(store)) break
        step(store)
      }
    },
  },
]

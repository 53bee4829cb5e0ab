import type { ChangeSet, Store } from '../../../src/core/ports/storage.ts'
import { fails, same, thrown, type Case } from './check.ts'
import { ANA, anywhere, contactRow, message, WITH_ANA } from './samples.ts'

const withConversation = (store: Store): void =>
  store.transaction((tx) => tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 1 }))

const heard = (store: Store): ChangeSet[] => {
  const changes: ChangeSet[] = []
  store.onCommit((change) => changes.push(change))
  return changes
}

export const transactionCases: readonly Case<Store>[] = [
  {
    name: 'a transaction answers with what its work answers, and sees its own writes',
    run: (store) => {
      const answer = store.transaction((tx) => {
        tx.settings.put('colour', 'green')
        tx.settings.put('colour', 'blue')
        return tx.settings.get('colour')
      })
      same(answer, 'blue')
      same(
        store.read((tx) => [tx.settings.get('colour'), tx.settings.get('other')]),
        ['blue', undefined]
      )
    },
  },
  {
    name: 'work that throws leaves no trace in any table and tells no listener',
    run: async (store) => {
      withConversation(store)
      const changes = heard(store)
      const error = await thrown(() =>
        store.transaction((tx) => {
          tx.settings.put('colour', 'green')
          tx.contacts.put(contactRow(ANA))
          tx.messages.insert(message(1))
          tx.receipts.due(ANA, message(1).id, 'delivered')
          throw new RangeError('on purpose')
        })
      )
      same(error instanceof RangeError, true, 'the error itself')
      same(changes, [])
      same(
        store.read((tx) => [
          tx.settings.get('colour'),
          tx.contacts.list(),
          tx.messages.newest({ conversation: WITH_ANA, limit: 9 }),
          tx.receipts.accounts(),
        ]),
        [undefined, [], [], []]
      )
      same(store.search(anywhere('message'), null, 9).hits, [])
    },
  },
  {
    name: 'what a failed transaction touched is not told with the next one',
    run: async (store) => {
      const changes = heard(store)
      await thrown(() =>
        store.transaction((tx) => {
          tx.contacts.put(contactRow(ANA))
          throw new RangeError('on purpose')
        })
      )
      store.transaction((tx) => tx.settings.put('colour', 'green'))
      same(changes, [
        {
          tables: new Set(['settings']),
          conversations: new Set(),
          messages: [],
          cleared: new Set(),
          erased: false,
        },
      ])
    },
  },
  {
    name: 'listeners hear after the commit, once, of the tables, conversations and messages that changed',
    run: (store) => {
      withConversation(store)
      const seen: unknown[] = []
      const stop = store.onCommit((change) => {
        seen.push(
          change,
          store.read((tx) => tx.messages.newest({ conversation: WITH_ANA, limit: 9 }).length)
        )
      })
      store.transaction((tx) => {
        tx.messages.insert(message(1))
        tx.messages.insert(message(2))
        same(seen, [], 'before the commit')
      })
      const messages = [1, 2].map((n) => ({ conversation: WITH_ANA, author: ANA, id: message(n).id }))
      const change = {
        tables: new Set(['messages']),
        conversations: new Set([WITH_ANA]),
        messages,
        cleared: new Set(),
        erased: false,
      }
      same(seen, [change, 2])
      store.transaction((tx) => tx.messages.insert(message(1)))
      store.transaction((tx) => tx.settings.get('colour'))
      same(seen, [change, 2], 'after nothing changed')
      stop()
      store.transaction((tx) => tx.settings.put('colour', 'green'))
      same(seen, [change, 2], 'after listening ended')
    },
  },
  {
    name: 'listeners hear whether something that was written is gone or says something else',
    run: (store) => {
      withConversation(store)
      const changes = heard(store)
      const edit = { clock: { physical: 9e12, logical: 0 }, text: 'other words', at: 1 }
      store.transaction((tx) => {
        for (let n = 1; n <= 4; n++) tx.messages.insert(message(n))
      })
      store.transaction((tx) => void tx.messages.edit(message(1), edit))
      store.transaction((tx) => void tx.messages.erase(message(2)))
      store.transaction((tx) => tx.messages.remove(message(3)))
      store.transaction((tx) => tx.messages.setState(message(4), 'read', null))
      store.transaction((tx) => tx.messages.clear(WITH_ANA))
      same(
        changes.map(({ erased }) => erased),
        [false, true, true, true, false, true]
      )
    },
  },
  {
    name: 'a listener may write in its turn',
    run: (store) => {
      store.onCommit(({ tables }) => {
        if (tables.has('settings')) store.transaction((tx) => tx.contacts.put(contactRow(ANA)))
      })
      store.transaction((tx) => tx.settings.put('colour', 'green'))
      same(
        store.read((tx) => tx.contacts.get(ANA)?.name),
        'Ana'
      )
    },
  },
  {
    name: 'transactions neither nest nor wait',
    run: async (store) => {
      const nested = await thrown(() =>
        store.transaction((tx) => {
          tx.settings.put('outer', 'x')
          store.transaction((inner) => inner.settings.put('inner', 'x'))
        })
      )
      same(nested instanceof TypeError, true, 'nested')
      const waiting = await thrown(() =>
        store.transaction(async (tx) => {
          tx.settings.put('waiting', 'x')
        })
      )
      same(waiting instanceof TypeError, true, 'async')
      store.transaction((tx) => tx.settings.put('after', 'x'))
      const names = ['outer', 'inner', 'waiting', 'after']
      same(
        store.read((tx) => names.map((name) => tx.settings.get(name))),
        [undefined, undefined, undefined, 'x']
      )
    },
  },
  {
    name: 'reading cannot write',
    run: async (store) => {
      withConversation(store)
      const writes = [
        () => store.read((tx) => tx.settings.put('colour', 'green')),
        () => store.read((tx) => tx.messages.insert(message(1))),
        () => store.read((tx) => tx.signal.nextPreKeyIds('ec', 1)),
      ]
      for (const write of writes) same((await thrown(write)) instanceof TypeError, true)
      same(
        store.read((tx) => [tx.settings.get('colour'), tx.messages.get(message(1))]),
        [undefined, undefined]
      )
    },
  },
  {
    name: 'a closed store says so, and closing twice is nothing',
    run: async (store) => {
      store.close()
      store.close()
      await fails(() => store.read((tx) => tx.settings.get('x')), 'unavailable')
      await fails(() => store.transaction((tx) => tx.settings.put('x', 'y')), 'unavailable')
    },
  },
  {
    name: 'a message needs its conversation',
    run: async (store) => {
      await fails(() => store.transaction((tx) => tx.messages.insert(message(1))), 'unavailable')
      same(
        store.read((tx) => tx.messages.get(message(1))),
        undefined
      )
    },
  },
]

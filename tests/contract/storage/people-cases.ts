import type { Store } from '../../../src/core/ports/storage.ts'
import { same, type Case } from './check.ts'
import { ANA, BEN, bytesOf, contactRow, message, ownAccount, WITH_ANA, WITH_BEN } from './samples.ts'

export const peopleCases: readonly Case<Store>[] = [
  {
    name: 'the account comes back whole, is replaced, and is absent at first',
    run: (store) => {
      same(
        store.read((tx) => tx.account.get()),
        undefined
      )
      store.transaction((tx) => tx.account.put(ownAccount))
      same(
        store.read((tx) => tx.account.get()),
        ownAccount
      )
      const next = { ...ownAccount, entropy: null, name: 'Zoé', listRevision: 4, relays: [] }
      store.transaction((tx) => tx.account.put(next))
      same(
        store.read((tx) => tx.account.get()),
        next
      )
    },
  },
  {
    name: 'the clock starts at zero and is kept',
    run: (store) => {
      same(
        store.read((tx) => tx.clock.get()),
        { physical: 0, logical: 0 }
      )
      store.transaction((tx) => tx.clock.put({ physical: 1_800_000_000_123, logical: 42 }))
      same(
        store.read((tx) => tx.clock.get()),
        { physical: 1_800_000_000_123, logical: 42 }
      )
    },
  },
  {
    name: 'contacts come back whole and are replaced by account',
    run: (store) => {
      const ana = contactRow(ANA, {
        requestKey: bytesOf(20),
        profileKey: bytesOf(21),
        listChain: bytesOf(22, 500),
      })
      const ben = contactRow(BEN, {
        name: '',
        state: 'request',
        deliveryKey: null,
        relays: [],
        knownDevices: [],
      })
      store.transaction((tx) => {
        tx.contacts.put(ana)
        tx.contacts.put(ben)
      })
      same(
        store.read((tx) => [tx.contacts.get(ANA), tx.contacts.get(BEN)]),
        [ana, ben]
      )
      const blocked = { ...ben, state: 'blocked', safety: 'review', blockedFrom: 'ignored' } as const
      store.transaction((tx) => tx.contacts.put(blocked))
      same(
        store.read((tx) => tx.contacts.list().map(({ state }) => state)),
        ['accepted', 'blocked']
      )
    },
  },
  {
    name: 'conversations are listed by their last activity, each with its newest message, no more than asked',
    run: (store) => {
      const row = { draft: '' }
      store.transaction((tx) => {
        tx.conversations.put({ id: WITH_ANA, ...row, activeAt: 1 })
        tx.conversations.put({ id: WITH_BEN, ...row, activeAt: 2, draft: 'oi' })
        for (const n of [2, 9, 5]) tx.messages.insert(message(n))
        tx.messages.markRead(WITH_ANA, message(5), 0)
      })
      const list = () =>
        store.read((tx) =>
          tx.conversations
            .list(null, 9)
            .map(({ row: { id, unread, draft }, last }) => [id, unread, draft, last?.text])
        )
      same(list(), [
        [WITH_BEN, 0, 'oi', undefined],
        [WITH_ANA, 1, '', 'message 9'],
      ])
      store.transaction((tx) => tx.conversations.put({ id: WITH_ANA, ...row, activeAt: 3 }))
      same(
        list().map(([id]) => id),
        [WITH_ANA, WITH_BEN]
      )
      const [first] = store.read((tx) => tx.conversations.list(null, 1))
      const [second, ...none] = store.read((tx) => tx.conversations.list(first?.place ?? null, 9))
      same([first?.row.id, second?.row.id, none.length], [WITH_ANA, WITH_BEN, 0])
      store.transaction((tx) => tx.conversations.put({ id: WITH_BEN, draft: 'oi', activeAt: 3 }))
      const among = store.read((tx) => tx.conversations.list(null, 1))
      const rest = store.read((tx) => tx.conversations.list(among[0]?.place ?? null, 9))
      same([...among, ...rest].map(({ row: { id } }) => id).sort(), [WITH_ANA, WITH_BEN].sort())
      store.transaction((tx) => tx.conversations.put({ id: WITH_BEN, draft: 'oi', activeAt: 2 }))
      same(
        store.read((tx) => tx.conversations.get(WITH_BEN)),
        { id: WITH_BEN, draft: 'oi', unread: 0, activeAt: 2 }
      )
    },
  },
]

import type { Message } from '../../../src/core/domain/message.ts'
import type { Store } from '../../../src/core/ports/storage.ts'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { same, type Case } from './check.ts'
import { accountId, ANA, anywhere, deviceId, message, messageId, OWN, WITH_ANA, WITH_BEN } from './samples.ts'

const put = (store: Store, ...messages: readonly Message[]): void =>
  store.transaction((tx) => {
    for (const id of [WITH_ANA, WITH_BEN])
      if (!tx.conversations.get(id)) tx.conversations.put({ id, draft: '', activeAt: 0 })
    for (const each of messages) tx.messages.insert(each)
  })
const texts = (store: Store, limit = 99): readonly string[] =>
  store.read((tx) => tx.messages.newest({ conversation: WITH_ANA, limit }).map(({ text }) => text))
const read = (store: Store, upTo: Message | null): readonly string[] =>
  store
    .transaction((tx) => tx.messages.markRead(WITH_ANA, upTo, 0).map(({ id, kind }) => `${kind} ${id}`))
    .sort()
/** How many are unread, and the first of them. */
const unread = (store: Store): readonly [number | undefined, string | undefined] =>
  store.read((tx) => [tx.conversations.get(WITH_ANA)?.unread, tx.messages.firstUnread(WITH_ANA)])

export const messageCases: readonly Case<Store>[] = [
  {
    name: 'a message comes back whole, by conversation, author and id',
    run: (store) => {
      const failed = message(1, {
        author: OWN,
        own: true,
        state: 'failed',
        failReason: 'expired',
        text: '👩‍👩‍👧\u0000\n漢字',
      })
      const notice = message(2, {
        kind: 'notice',
        text: 'contact-added',
        clock: { physical: 7, logical: 65_535 },
      })
      put(store, failed, notice)
      same(
        store.read((tx) => [tx.messages.get(failed), tx.messages.get(notice)]),
        [failed, notice]
      )
      same(
        store.read((tx) => tx.messages.get({ ...failed, author: ANA })),
        undefined
      )
      same(
        store.read((tx) => tx.messages.get({ ...failed, conversation: WITH_BEN })),
        undefined
      )
    },
  },
  {
    name: 'inserting the same key again changes nothing and says so',
    run: (store) => {
      put(store, message(1))
      const again = store.transaction((tx) =>
        tx.messages.insert(message(1, { text: 'other', state: 'read' }))
      )
      same(again, false)
      same(texts(store), ['message 1'])
      same(
        store.transaction((tx) => tx.messages.insert(message(1, { author: OWN, text: 'mine' }))),
        true
      )
      same(store.search(anywhere('other'), null, 9).hits, [])
    },
  },
  {
    name: 'order is by clock, then author, then id, whatever the order of arrival',
    run: (store) => {
      const at = (physical: number, logical: number) => ({ clock: { physical, logical } })
      put(
        store,
        message(3, { ...at(2, 0), text: 'e' }),
        message(9, { ...at(1, 5), text: 'd' }),
        message(7, { ...at(1, 0), text: 'c' }),
        message(5, { ...at(1, 0), text: 'b' }),
        message(8, { ...at(1, 0), author: OWN, text: 'a' })
      )
      same(texts(store), ['a', 'b', 'c', 'd', 'e'])
      same(texts(store, 2), ['d', 'e'])
    },
  },
  {
    name: 'state moves as told, and only that of the one message',
    run: (store) => {
      const own = message(1, { author: OWN, own: true, state: 'pending' })
      put(store, own, message(2))
      store.transaction((tx) => tx.messages.setState(own, 'failed', 'needs-review'))
      same(
        store.read((tx) => tx.messages.get(own)),
        { ...own, state: 'failed', failReason: 'needs-review' }
      )
      store.transaction((tx) => tx.messages.setState(own, 'sent', null))
      same(
        store.read((tx) => tx.messages.get(own)),
        { ...own, state: 'sent' }
      )
      same(
        store.read((tx) => tx.messages.get(message(2))),
        message(2)
      )
    },
  },
  {
    name: 'a message that is to vanish says after how long; its time begins once, with reading, and not for what stays',
    run: (store) => {
      const [first, second] = [message(1, { vanishAfter: 60 }), message(2, { vanishAfter: 5 })]
      put(store, first, second, message(3), message(4, { vanishAfter: 5 }))
      same(
        store.read((tx) => [tx.messages.get(first), tx.messages.vanishing(), tx.messages.vanished(9e12, 9)]),
        [first, undefined, []]
      )
      store.transaction((tx) => tx.messages.markRead(WITH_ANA, message(3), 1_000))
      store.transaction((tx) => tx.messages.markRead(WITH_ANA, message(3), 90_000))
      store.transaction((tx) => tx.messages.beginVanishing(second, 90_000))
      same(
        store.read((tx) => tx.messages.vanishing()),
        { first: 6_000, last: 61_000 }
      )
      const due = (now: number, limit = 9) =>
        store.read((tx) => tx.messages.vanished(now, limit).map(({ id }) => id))
      same(
        [due(5_999), due(6_000), due(99_000), due(99_000, 1)],
        [[], [2], [2, 1], [2]].map((all) => all.map(messageId))
      )
    },
  },
  {
    name: 'what failed does not vanish, and what was deleted vanishes when it would have',
    run: (store) => {
      const own = message(1, { author: OWN, own: true, state: 'sent', vanishAfter: 60 })
      const unread = message(2, { vanishAfter: 60, at: 7_000 })
      put(store, own, unread)
      store.transaction((tx) => tx.messages.beginVanishing(own, 1_000))
      store.transaction((tx) => tx.messages.setState(own, 'failed', 'refused'))
      same(
        store.read((tx) => tx.messages.vanishing()),
        undefined
      )
      store.transaction((tx) => {
        tx.messages.setState(own, 'sent', null)
        tx.messages.beginVanishing(own, 3_000)
        tx.messages.erase(own)
        tx.messages.erase(unread)
      })
      same(
        store.read((tx) => tx.messages.vanishing()),
        { first: 63_000, last: 67_000 }
      )
    },
  },
  {
    name: 'a time that ends too late begins again; others go on',
    run: (store) => {
      const [near, far] = [message(1, { vanishAfter: 60 }), message(2, { vanishAfter: 60 })]
      put(store, near, far)
      store.transaction((tx) => {
        tx.messages.beginVanishing(near, 1_000)
        tx.messages.beginVanishing(far, 9_000_000)
        tx.messages.beginAgain(1_000_000, 2_000)
      })
      same(
        store.read((tx) => tx.messages.vanishing()),
        { first: 61_000, last: 62_000 }
      )
    },
  },
  {
    name: 'a removed message is gone, from search too',
    run: (store) => {
      put(store, message(1, { text: 'vanishing' }), message(2))
      same(store.search(anywhere('vanishing'), null, 9).hits.length, 1)
      store.transaction((tx) => tx.messages.remove(message(1)))
      same(texts(store), ['message 2'])
      same(store.search(anywhere('vanishing'), null, 9).hits, [])
      same(
        store.transaction((tx) => tx.messages.insert(message(1))),
        true,
        'it may come again'
      )
    },
  },
  {
    name: "others' messages are unread until they are read, oldest first; notices and own ones never are",
    run: (store) => {
      const notice = message(4, { kind: 'notice', text: 'contact-added' })
      put(store, message(1), message(2, { author: OWN, own: true }), message(3), notice, message(5))
      same(unread(store), [3, messageId(1)])
      same(read(store, message(3)), [`text ${messageId(1)}`, `text ${messageId(3)}`])
      same(unread(store), [1, messageId(5)])
      same(read(store, message(3)), [], 'twice is once')
      same(read(store, message(5)), [`text ${messageId(5)}`])
      same(unread(store), [0, undefined])
    },
  },
  {
    name: 'one that comes late is unread though later ones were read',
    run: (store) => {
      put(store, message(1), message(5))
      read(store, message(5))
      put(store, message(3), message(3))
      same(unread(store), [1, messageId(3)])
      put(store, message(6))
      same(
        store.read((tx) => [tx.messages.lastSeen(WITH_ANA), tx.messages.lastSeen(WITH_BEN)]),
        [message(5).clock, undefined]
      )
      store.transaction((tx) => tx.messages.remove(message(6)))
      same(read(store, message(5)), [`text ${messageId(3)}`])
      same(unread(store), [0, undefined])
    },
  },
  {
    name: 'a removed message is not counted any more',
    run: (store) => {
      put(store, message(1), message(2, { kind: 'gap', text: '' }), message(3))
      store.transaction((tx) => tx.messages.remove(message(2)))
      same(unread(store), [2, messageId(1)])
      read(store, message(1))
      store.transaction((tx) => tx.messages.remove(message(1)))
      same(unread(store), [1, messageId(3)])
    },
  },
  {
    name: 'thousands are counted and read as well as few',
    run: (store) => {
      put(store, ...Array.from({ length: 2_500 }, (_, n) => message(n)))
      same(unread(store), [2_500, messageId(0)])
      same(read(store, message(1_999)).length, 2_000)
      same(unread(store), [500, messageId(2_000)])
      same(read(store, null).length, 500)
      same(unread(store), [0, undefined])
    },
  },
  {
    name: 'who has confirmed what is kept once, goes with the message, and needs one',
    run: (store) => {
      put(store, message(1))
      store.transaction((tx) => {
        for (const kind of ['delivered', 'delivered', 'read'] as const)
          tx.deliveries.add(message(1), deviceId(1), kind)
        tx.deliveries.add(message(2), deviceId(1), 'read')
        tx.messages.remove(message(1))
      })
      same(texts(store), [])
    },
  },
  {
    name: 'a message is found by its id, with those before and after it in order',
    run: (store) => {
      const clock = (physical: number) => ({ clock: { physical, logical: 0 } })
      put(store, ...[5, 3, 1, 4, 2].map((n) => message(n, clock(n))))
      const own = message(6, { author: OWN, own: true, ...clock(3) })
      put(store, own, message(7, { conversation: WITH_BEN, ...clock(3) }))
      store.read((tx) => {
        const found = tx.messages.named(WITH_ANA, messageId(3))
        same(found, message(3, clock(3)))
        same(tx.messages.named(WITH_ANA, messageId(7)), undefined)
        if (!found) return
        const namesOf = (list: readonly Message[]): readonly string[] => list.map(({ text }) => text)
        same([...namesOf(tx.messages.upTo(found, 9)), ...namesOf(tx.messages.after(found, 9))], texts(store))
        same(namesOf(tx.messages.upTo(found, 1)), ['message 3'])
        same(tx.messages.after(found, 1).length, 1)
        same(tx.messages.upTo(found, 2).at(0)?.id, messageId(found.author < OWN ? 2 : 6))
      })
    },
  },
  {
    name: 'conversations do not mix',
    run: (store) => {
      const other = conversationWith(accountId(9))
      put(store, message(1), message(2, { conversation: WITH_BEN, text: 'to Ben' }))
      same(texts(store), ['message 1'])
      same(
        store.read((tx) => tx.messages.newest({ conversation: other, limit: 9 })),
        []
      )
    },
  },
  {
    name: 'of several edits the one with the newest clock holds, and the search knows only that',
    run: (store) => {
      const edit = (physical: number, text: string) => ({ clock: { physical, logical: 0 }, text, at: 9 })
      const start = message(1).clock.physical
      put(
        store,
        message(1, { text: 'the first words' }),
        message(2, { kind: 'notice', text: 'contact-added' })
      )
      same(
        store.transaction((tx) => [
          tx.messages.edit(message(1), edit(start - 1, 'from before')),
          tx.messages.edit(message(1), edit(start + 20, 'newest words 漢字')),
          tx.messages.edit(message(1), edit(start + 10, 'older words')),
          tx.messages.edit(message(2), edit(start + 10, 'contact-accepted')),
          tx.messages.edit(message(3), edit(start + 10, 'nothing to edit')),
        ]),
        [false, true, false, false, false]
      )
      same(
        store.read((tx) => tx.messages.get(message(1))),
        message(1, { text: 'newest words 漢字', editedAt: 9 })
      )
      const found = (text: string) =>
        store.search(anywhere(text), null, 9).hits.map((hit) => hit.message.text)
      same(found('first'), [])
      same(found('older'), [])
      same(found('newest'), ['newest words 漢字'])
      same(found('字'), ['newest words 漢字'])
    },
  },
  {
    name: 'an edit that comes before its message waits for it, the newest of several, and no more than a hundred',
    run: (store) => {
      const edit = (physical: number, text: string) => ({ clock: { physical, logical: 0 }, text, at: 9 })
      put(store)
      store.transaction((tx) => {
        tx.messages.keepEdit(message(1), edit(2, 'newer'))
        tx.messages.keepEdit(message(1), edit(1, 'older'))
        for (let n = 2; n < 200; n++) tx.messages.keepEdit(message(n), edit(n, 'early'))
      })
      const taken = (n: number) => store.transaction((tx) => tx.messages.takeEdit(message(n)))
      same(taken(1), edit(2, 'newer'))
      same(taken(1), undefined)
      same(taken(100), edit(100, 'early'))
      same(taken(150), undefined)
    },
  },
  {
    name: 'a message that was erased keeps its place, says nothing, is not found, and does not come back',
    run: (store) => {
      put(store, message(1), message(2, { text: 'vanishing 漢字' }), message(3))
      store.transaction((tx) => tx.messages.erase(message(2)))
      same(
        store.read((tx) => tx.messages.get(message(2))),
        message(2, { kind: 'deleted', text: '' })
      )
      same(texts(store), ['message 1', '', 'message 3'])
      same(unread(store), [2, messageId(1)])
      same(
        ['vanishing', '漢'].map((text) => store.search(anywhere(text), null, 9).hits),
        [[], []]
      )
      put(store, message(2, { text: 'again' }))
      same(texts(store), ['message 1', '', 'message 3'])
      same(
        store.transaction((tx) =>
          tx.messages.edit(message(2), { clock: { physical: 9e12, logical: 0 }, text: 'edited', at: 9 })
        ),
        false
      )
    },
  },
  {
    name: 'which edit a text is of is read and written by backups, with the edits that wait, so that an older one does not replace it',
    run: (store) => {
      const edit = (physical: number, text: string) => ({ clock: { physical, logical: 1 }, text, at: 9 })
      const start = message(1).clock.physical
      put(store, message(1), message(2))
      store.transaction((tx) => {
        tx.messages.edit(message(1), edit(start + 50, 'edited'))
        tx.messages.keepEdit(message(3), edit(7, 'early'))
      })
      const [first, second] = store.read((tx) => tx.history.messages(-1, 9))
      same([first?.editClock, second?.editClock], [{ physical: start + 50, logical: 1 }, null])
      same(
        store.read((tx) => [tx.history.edits(WITH_ANA), tx.history.edits(WITH_BEN)]),
        [[{ author: ANA, id: messageId(3), ...edit(7, 'early') }], []]
      )
      // As a restore does.
      put(store, message(4, { text: 'edited', editedAt: 9 }))
      const at = message(4).clock.physical
      store.transaction((tx) => tx.history.setEditClock(message(4), { physical: at + 50, logical: 1 }))
      same(
        store.transaction((tx) => [
          tx.messages.edit(message(4), edit(at + 40, 'older')),
          tx.messages.edit(message(4), edit(at + 60, 'newer')),
        ]),
        [false, true]
      )
    },
  },
]

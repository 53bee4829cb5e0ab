import type { Store } from '../../../src/core/ports/storage.ts'
import { fails, same, type Case } from './check.ts'
import {
  accountId,
  ANA,
  BEN,
  bytesOf,
  deviceId,
  envelopeDigest,
  envelopeId,
  job,
  messageId,
} from './samples.ts'

export const jobCases: readonly Case<Store>[] = [
  {
    name: 'a job comes back whole, is updated and removed by its number',
    run: (store) => {
      const seq = store.transaction((tx) => tx.outbox.add(job()))
      same(
        store.read((tx) => tx.outbox.get(seq)),
        { seq, ...job() }
      )
      const handed = {
        seq,
        ...job({
          device: deviceId(2),
          envelopeId: envelopeId(5),
          ciphertext: bytesOf(9, 70_000),
          state: 'handed',
          attempts: 3,
        }),
      }
      store.transaction((tx) => tx.outbox.update(handed))
      same(
        store.read((tx) => [tx.outbox.get(seq), tx.outbox.byEnvelope(envelopeId(5))]),
        [handed, handed]
      )
      store.transaction((tx) => tx.outbox.remove(seq))
      same(
        store.read((tx) => [tx.outbox.get(seq), tx.outbox.byEnvelope(envelopeId(5))]),
        [undefined, undefined]
      )
    },
  },
  {
    name: 'numbers only go up, also after the last job was removed',
    run: (store) => {
      const first = store.transaction((tx) => tx.outbox.add(job()))
      store.transaction((tx) => tx.outbox.remove(first))
      const second = store.transaction((tx) => tx.outbox.add(job()))
      same(second > first, true, `${second} after ${first}`)
    },
  },
  {
    name: 'jobs of an account come in the order in which they were added, due ones apart',
    run: (store) => {
      const seqs = store.transaction((tx) => {
        tx.outbox.add(job({ account: BEN, messageId: messageId(7), nextAt: 10 }))
        return [500, 100, 300].map((nextAt, n) => tx.outbox.add(job({ messageId: messageId(n), nextAt })))
      })
      const numbers = (found: readonly { readonly seq: number }[]) => found.map(({ seq }) => seq)
      store.read((tx) => {
        same(numbers(tx.outbox.ofAccount(ANA, 9)), seqs)
        same(numbers(tx.outbox.ofAccount(ANA, 2)), seqs.slice(0, 2))
        same(numbers(tx.outbox.ofAccount(ANA, 2, seqs[0])), seqs.slice(1))
        same(numbers(tx.outbox.dueOfAccount(ANA, 300, 9)), seqs.slice(1))
        same(numbers(tx.outbox.dueOfAccount(ANA, 300, 1)), seqs.slice(1, 2))
        same(numbers(tx.outbox.ofMessage(ANA, messageId(1))), seqs.slice(1, 2))
        same(
          [tx.outbox.dueAccounts(9), tx.outbox.dueAccounts(10), tx.outbox.dueAccounts(100)],
          [[], [BEN], [BEN, ANA]]
        )
        same([tx.outbox.nextDueAt(), tx.outbox.count()], [10, 4])
      })
    },
  },
  {
    name: 'an empty outbox has nothing due, and at most a hundred accounts are named',
    run: (store) => {
      same(
        store.read((tx) => [tx.outbox.nextDueAt(), tx.outbox.count(), tx.outbox.dueAccounts(9e12)]),
        [undefined, 0, []]
      )
      store.transaction((tx) => {
        for (let n = 0; n < 130; n++) tx.outbox.add(job({ account: accountId(100 + n) }))
      })
      same(
        store.read((tx) => tx.outbox.dueAccounts(9e12).length),
        100
      )
    },
  },
  {
    name: 'what a relay holds is kept but not counted as waiting',
    run: (store) => {
      store.transaction((tx) => {
        tx.outbox.add(job())
        tx.outbox.add(job({ state: 'handed', nextAt: 5 }))
      })
      same(
        store.read((tx) => [tx.outbox.count(), tx.outbox.nextDueAt()]),
        [1, 5]
      )
    },
  },
  {
    name: 'all ciphertexts are taken back at once, and their jobs are due',
    run: (store) => {
      const given = job({ envelopeId: envelopeId(5), ciphertext: bytesOf(9), state: 'handed', nextAt: 900 })
      const seq = store.transaction((tx) => {
        const added = tx.outbox.add(given)
        tx.outbox.unseal()
        return added
      })
      same(
        store.read((tx) => tx.outbox.get(seq)),
        { seq, ...given, envelopeId: null, ciphertext: null, state: 'queued', nextAt: 0 }
      )
    },
  },
  {
    name: 'one envelope belongs to one job',
    run: async (store) => {
      const add = (id: number | null) => () =>
        store.transaction((tx) => tx.outbox.add(job({ envelopeId: id === null ? null : envelopeId(id) })))
      add(1)()
      await fails(add(1), 'unavailable')
      add(null)()
      add(null)()
      same(
        store.read((tx) => tx.outbox.count()),
        3
      )
    },
  },
  {
    name: 'seen envelopes are remembered as first seen, and forgotten by age',
    run: (store) => {
      const first = { digest: envelopeDigest(1), messageId: messageId(1), account: ANA, at: 100 }
      const other = { digest: envelopeDigest(2), messageId: null, account: null, at: 200 }
      store.transaction((tx) => {
        tx.inbox.markSeen(first)
        tx.inbox.markSeen(other)
        tx.inbox.markSeen({ ...first, messageId: messageId(9), at: 999 })
      })
      same(
        store.read((tx) => [tx.inbox.seen(first.digest), tx.inbox.seen(other.digest)]),
        [first, other]
      )
      store.transaction((tx) => tx.inbox.sweep(200))
      same(
        store.read((tx) => [tx.inbox.seen(first.digest), tx.inbox.seen(other.digest)]),
        [undefined, other]
      )
    },
  },
  {
    name: 'an undecryptable envelope is kept as it first came, with how often it was asked for, until it is removed',
    run: (store) => {
      const row = {
        envelopeId: envelopeId(1),
        account: ANA,
        device: deviceId(1),
        body: bytesOf(5, 900),
        asked: 0,
        at: 1,
      }
      store.transaction((tx) => {
        tx.inbox.putUndecryptable(row)
        tx.inbox.putUndecryptable({ ...row, body: bytesOf(6), asked: 2, at: 5 })
      })
      same(
        store.read((tx) => tx.inbox.undecryptable(row.envelopeId)),
        { ...row, asked: 2 }
      )
      store.transaction((tx) => tx.inbox.removeUndecryptable(row.envelopeId))
      same(
        store.read((tx) => tx.inbox.undecryptable(row.envelopeId)),
        undefined
      )
    },
  },
  {
    name: 'receipts are due once, by account and kind, until they are cleared',
    run: (store) => {
      store.transaction((tx) => {
        for (const n of [3, 1, 2, 1]) tx.receipts.due(ANA, messageId(n), 'delivered')
        tx.receipts.due(ANA, messageId(1), 'read')
        tx.receipts.due(BEN, messageId(9), 'read')
      })
      store.read((tx) => {
        same(new Set(tx.receipts.accounts()), new Set([ANA, BEN]))
        same(tx.receipts.list(ANA, 'delivered', 9), [messageId(1), messageId(2), messageId(3)])
        same(tx.receipts.list(ANA, 'delivered', 2), [messageId(1), messageId(2)])
      })
      store.transaction((tx) =>
        tx.receipts.clear(ANA, 'delivered', [messageId(1), messageId(3), messageId(8)])
      )
      same(
        store.read((tx) => [tx.receipts.list(ANA, 'delivered', 9), tx.receipts.list(ANA, 'read', 9)]),
        [[messageId(2)], [messageId(1)]]
      )
      store.transaction((tx) => tx.receipts.clear(BEN, 'read', [messageId(9)]))
      same(
        store.read((tx) => tx.receipts.accounts()),
        [ANA]
      )
    },
  },
  {
    name: 'resends are counted by account, device and message',
    run: (store) => {
      const count = (device: number, n: number) =>
        store.transaction((tx) => tx.resends.count(ANA, deviceId(device), messageId(n)))
      same([count(1, 1), count(1, 1), count(1, 1), count(2, 1), count(1, 2)], [0, 1, 2, 0, 0])
    },
  },
]

import type { SignalRows, Store } from '../../../src/core/ports/storage.ts'
import { fails, same, type Case } from './check.ts'
import { bytesOf } from './samples.ts'

const write = <T>(store: Store, work: (signal: SignalRows) => T): T =>
  store.transaction((tx) => work(tx.signal))
const read = <T>(store: Store, query: (signal: SignalRows) => T): T => store.read((tx) => query(tx.signal))
const DAY = 86_400_000

export const signalCases: readonly Case<Store>[] = [
  {
    name: 'sessions and identities are kept by address, replaced and removed',
    run: (store) => {
      write(store, (signal) => {
        signal.putSession('a.1', bytesOf(1, 5_000))
        signal.putSession('a.1', bytesOf(2, 6_000))
        signal.putSession('a.2', bytesOf(3))
        signal.putIdentity('a.1', bytesOf(4, 33))
        signal.putIdentity('a.1', bytesOf(5, 33))
      })
      same(
        read(store, (signal) => [signal.session('a.1'), signal.session('a.2'), signal.session('b.1')]),
        [bytesOf(2, 6_000), bytesOf(3), undefined]
      )
      same(
        read(store, (signal) => [signal.identity('a.1'), signal.identity('a.2')]),
        [bytesOf(5, 33), undefined]
      )
      write(store, (signal) => signal.removeSession('a.1'))
      same(
        read(store, (signal) => [signal.session('a.1'), signal.session('a.2')]),
        [undefined, bytesOf(3)]
      )
    },
  },
  {
    name: 'one-time prekeys are used up, and an id is never given to two keys',
    run: async (store) => {
      write(store, (signal) => signal.putPreKey(5, bytesOf(5)))
      same(
        read(store, (signal) => signal.preKey(5)),
        bytesOf(5)
      )
      await fails(() => write(store, (signal) => signal.putPreKey(5, bytesOf(6))), 'unavailable')
      same(
        read(store, (signal) => signal.preKey(5)),
        bytesOf(5)
      )
      write(store, (signal) => signal.removePreKey(5))
      same(
        read(store, (signal) => signal.preKey(5)),
        undefined
      )
    },
  },
  {
    name: 'Kyber prekeys say whether they are the last resort',
    run: (store) => {
      write(store, (signal) => {
        signal.putKyberPreKey(1, bytesOf(1, 3_200), false, 10)
        signal.putKyberPreKey(2, bytesOf(2), true, 20)
        signal.putKyberPreKey(3, bytesOf(3), false, 30)
      })
      same(
        read(store, (signal) => [signal.kyberPreKey(1), signal.kyberPreKey(2), signal.kyberPreKey(9)]),
        [
          { record: bytesOf(1, 3_200), lastResort: false },
          { record: bytesOf(2), lastResort: true },
          undefined,
        ]
      )
      same(
        read(store, (signal) => signal.newestLastResort()),
        { id: 2, record: bytesOf(2), createdAt: 20 }
      )
      write(store, (signal) => signal.removeKyberPreKey(1))
      same(
        read(store, (signal) => signal.kyberPreKey(1)),
        undefined
      )
    },
  },
  {
    name: 'a base key is used once with a pair of keys',
    run: (store) => {
      const use = (kyber: number, signed: number, byte: number) =>
        write(store, (signal) => signal.markKyberUsed(kyber, signed, bytesOf(byte, 33)))
      same(
        [use(1, 1, 1), use(1, 1, 1), use(1, 1, 2), use(1, 2, 1), use(2, 1, 1)],
        [true, false, true, true, true]
      )
    },
  },
  {
    name: 'ids of prekeys count up for each kind and never go back',
    run: (store) => {
      const next = (kind: 'ec' | 'kyber' | 'signed', count: number) =>
        write(store, (signal) => signal.nextPreKeyIds(kind, count))
      same([next('ec', 3), next('ec', 2), next('kyber', 1), next('signed', 1)], [[1, 2, 3], [4, 5], [1], [1]])
      write(store, (signal) => {
        signal.putPreKey(5, bytesOf(1))
        signal.removePreKey(5)
      })
      same(next('ec', 1), [6])
      same(next('ec', 0), [])
      same(next('ec', 1), [7])
    },
  },
  {
    name: 'retired signed and last-resort keys go some time after their successor came; the newest stays however old it is',
    run: (store) => {
      write(store, (signal) => {
        ;[0, 10, 60].forEach((day, n) => {
          signal.putSignedPreKey(n + 1, bytesOf(n), day * DAY)
          signal.putKyberPreKey(n + 1, bytesOf(n), true, day * DAY)
        })
        signal.putKyberPreKey(99, bytesOf(99), false, 0)
      })
      const left = () =>
        read(store, (signal) => [1, 2, 3].map((id) => [!!signal.signedPreKey(id), !!signal.kyberPreKey(id)]))
      const [kept, gone] = [
        [true, true],
        [false, false],
      ]
      write(store, (signal) => signal.sweepRetired(10 * DAY))
      same(left(), [kept, kept, kept], 'when the first successor is not old enough')
      write(store, (signal) => signal.sweepRetired(11 * DAY))
      same(left(), [gone, kept, kept], 'when the first successor is old')
      write(store, (signal) => signal.sweepRetired(9_999 * DAY))
      same(left(), [gone, gone, kept], 'when all are old')
      same(
        read(store, (signal) => [signal.newestSignedPreKey()?.id, signal.newestLastResort()?.id]),
        [3, 3]
      )
      same(
        read(store, (signal) => signal.kyberPreKey(99)?.lastResort),
        false,
        'one-time keys are left alone'
      )
    },
  },
  {
    name: 'all records go at once when this becomes another device, and no id is given again',
    run: (store) => {
      write(store, (signal) => {
        signal.putSession('a.1', bytesOf(1))
        signal.putIdentity('a.1', bytesOf(2, 33))
        for (const id of signal.nextPreKeyIds('ec', 2)) signal.putPreKey(id, bytesOf(id))
        signal.putSignedPreKey(1, bytesOf(1), DAY)
        signal.putKyberPreKey(1, bytesOf(1), true, DAY)
        signal.markKyberUsed(1, 1, bytesOf(3))
        signal.clear()
      })
      same(
        read(store, (signal) => [
          signal.session('a.1'),
          signal.identity('a.1'),
          signal.preKey(1),
          signal.newestSignedPreKey(),
          signal.newestLastResort(),
        ]),
        [undefined, undefined, undefined, undefined, undefined]
      )
      same(
        write(store, (signal) => signal.nextPreKeyIds('ec', 1)),
        [3]
      )
    },
  },
]

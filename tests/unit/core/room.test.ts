/** A store that fills up: told before it ends and when it ends, nothing half written, and all goes on by itself. */
import { expect, test } from 'vitest'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import { createRoom } from '../../../src/core/settings/room.ts'
import type { StorageLevel } from '../../../src/core/api.ts'
import { message, WITH_ANA } from '../../contract/storage/samples.ts'
import { handClock } from '../../support/core-desk.ts'
import { until } from '../../support/until.ts'

const GIB = 2 ** 30

const opened = (available: { bytes: number | null }) => {
  const driver = openNodeDriver(':memory:', '00'.repeat(32))
  const store = createStore(driver)
  store.transaction((tx) => tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 }))
  const levels: StorageLevel[] = []
  let again = 0
  const clock = handClock({ now: 0 })
  const room = createRoom({
    store,
    clock,
    health: {
      estimate: async () => ({ used: GIB, available: available.bytes, persisted: 'unknown' }),
    },
    background: (_, work) => void work(),
    onLevel: (level) => levels.push(level),
    onRoom: () => again++,
  })
  room.start()
  const pages = Number(driver.prepare('PRAGMA page_count').get()?.['page_count'])
  return {
    store,
    clock,
    room,
    levels,
    again: () => again,
    /** As many pages more as the disk holds. */
    leave: (more: number) => driver.prepare(`PRAGMA max_page_count=${pages + more}`).all(),
    [Symbol.dispose]: () => {
      room.stop()
      store.close()
    },
  }
}
const fill = (store: ReturnType<typeof createStore>): void =>
  store.transaction((tx) => {
    for (let n = 0; n < 200; n++) tx.messages.insert(message(n, { text: 'long '.repeat(2_000) }))
  })

test('little room is told before it ends; none known is no alarm', async () => {
  const available: { bytes: number | null } = { bytes: null }
  using s = opened(available)
  await until('it was looked at', async () => s.room.level() === 'ok')
  available.bytes = GIB / 100
  s.clock.advance(60_000)
  await until('it is told', () => s.room.level() === 'low')
  available.bytes = GIB
  s.clock.advance(60_000)
  await until('it is over', () => s.room.level() === 'ok')
  expect(s.levels).toEqual(['low', 'ok'])
  expect(s.again()).toBe(0)
})

test('a full store says so at once, keeps what it has, and finds out by itself when there is room', async () => {
  using s = opened({ bytes: GIB })
  s.leave(20)
  expect(() => fill(s.store)).toThrow(expect.objectContaining({ error: { kind: 'storage', reason: 'full' } }))
  expect(s.room.level()).toBe('full')
  expect(s.store.read((tx) => tx.messages.newest({ conversation: WITH_ANA, limit: 9 }))).toEqual([])
  s.leave(10_000)
  // Nobody writes; the watch tries.
  await until('it is seen', () => {
    s.clock.advance(5_000)
    return s.room.level() === 'ok'
  })
  expect(s.levels).toEqual(['full', 'ok'])
  expect(s.again()).toBe(1)
  fill(s.store)
  expect(s.store.read((tx) => tx.messages.newest({ conversation: WITH_ANA, limit: 999 }))).toHaveLength(200)
})

test('a write that succeeds ends it, too', () => {
  using s = opened({ bytes: GIB })
  const told: boolean[] = []
  const forget = s.store.onFull((full) => told.push(full))
  s.leave(20)
  expect(() => fill(s.store)).toThrow('full')
  expect(() => fill(s.store)).toThrow('full')
  s.leave(10_000)
  fill(s.store)
  forget()
  expect(told).toEqual([true, false])
  expect(s.store.isFull()).toBe(false)
})

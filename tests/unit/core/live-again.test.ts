/** A live query that cannot be read has another try, whether or not anything changes meanwhile. */
import { expect, test } from 'vitest'
import { openNodeStore } from '../../../src/adapters/storage/node-store.ts'
import { createEmitter } from '../../../src/core/emitter.ts'
import { createLive } from '../../../src/core/live.ts'
import { StorageFailure, type Store } from '../../../src/core/ports/storage.ts'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { accountId, ANA, contactRow } from '../../contract/storage/samples.ts'
import { handClock } from '../../support/core-desk.ts'

const MINUTE = 60_000

const staged = async () => {
  const real = await openNodeStore({ memory: true })
  const clock = handClock({ now: 0 })
  const warnings: string[] = []
  let reads = 0
  let broken = false
  const store: Store = {
    ...real,
    read: (query) => {
      reads++
      if (broken) throw new StorageFailure('unavailable')
      return real.read(query)
    },
  }
  const live = createLive({
    store,
    clock,
    log: { warn: (code) => void warnings.push(code) },
    signals: createEmitter(),
    own: () => undefined,
    paths: {
      want: () => undefined,
      info: () => ({ path: 'waiting', reason: 'not-accepted', since: 0, roundTrip: null }),
      directPeers: () => 0,
    },
    upkeep: { state: () => ({ state: 'down', since: 0 }) },
  })
  const names: (string | undefined)[] = []
  const rename = (name: string): void => real.transaction((tx) => tx.contacts.put(contactRow(ANA, { name })))
  const put = (count: number): void =>
    real.transaction((tx) => {
      for (let n = 10; n < 10 + count; n++) {
        tx.contacts.put(contactRow(accountId(n)))
        tx.conversations.put({ id: conversationWith(accountId(n)), draft: '', activeAt: n })
      }
    })
  return {
    live,
    clock,
    put,
    names,
    warnings,
    rename,
    reads: () => reads,
    fail: (now: boolean) => void (broken = now),
    watch: () => live.live('contact', { account: ANA }, (value) => names.push(value?.name)),
  }
}

test('what could not be read after a change is read again, later each time, until it can be', async () => {
  const { clock, names, rename, fail, watch, warnings, reads } = await staged()
  rename('Ana')
  watch()
  fail(true)
  rename('Bia')
  await Promise.resolve()
  expect([names, warnings]).toEqual([['Ana'], ['live-query-failed']])
  const before = reads()
  for (let second = 0; second < 600; second++) clock.advance(1_000)
  expect(names).toEqual(['Ana'])
  const tries = reads() - before
  expect(tries).toBeGreaterThan(5)
  expect(tries).toBeLessThan(20)
  fail(false)
  clock.advance(MINUTE)
  expect(names).toEqual(['Ana', 'Bia'])
  const after = reads()
  clock.advance(10 * MINUTE)
  expect(reads()).toBe(after)
})

test('one that cannot be read at first gets its value all the same', async () => {
  const { clock, names, rename, fail, watch } = await staged()
  rename('Ana')
  fail(true)
  watch()
  expect(names).toEqual([])
  fail(false)
  clock.advance(1_000)
  expect(names).toEqual(['Ana'])
})

test('a long chat list that fails in the middle is read to its end', async () => {
  const { live, clock, put, fail } = await staged()
  put(400)
  const lists: number[] = []
  live.live('conversations', null, (value) => lists.push(value.length))
  expect(lists).toEqual([60])
  fail(true)
  for (let n = 0; n < 5; n++) clock.advance(1_000)
  fail(false)
  for (let n = 0; n < 100; n++) clock.advance(1_000)
  expect(lists).toEqual([60, 310, 400])
})

test('the rest of a chat list that cannot be read is tried later each time, too', async () => {
  const { live, clock, put, fail, reads } = await staged()
  put(400)
  live.live('conversations', null, () => undefined)
  fail(true)
  const before = reads()
  for (let second = 0; second < 600; second++) clock.advance(1_000)
  const tries = reads() - before
  expect(tries).toBeGreaterThan(5)
  expect(tries).toBeLessThan(60)
})

test('who is ended by the value of another is not tried any more', async () => {
  const { live, clock, rename, fail, watch, names, warnings, reads } = await staged()
  rename('Ana')
  let end = (): void => undefined
  live.live('contact', { account: ANA }, (value) => {
    if (value?.name !== 'Bia') return
    end()
    fail(true)
  })
  end = watch()
  rename('Bia')
  await Promise.resolve()
  const before = reads()
  clock.advance(10 * MINUTE)
  expect([names, warnings, reads() - before]).toEqual([['Ana'], [], 0])
})

test('who no longer asks is not answered, nor when all is over', async () => {
  const { live, clock, names, rename, fail, watch, reads } = await staged()
  rename('Ana')
  const stop = watch()
  watch()
  fail(true)
  rename('Bia')
  await Promise.resolve()
  fail(false)
  stop()
  live.stop()
  const before = reads()
  clock.advance(10 * MINUTE)
  expect([names, reads() - before]).toEqual([['Ana', 'Ana'], 0])
})

/** Times of the store inside a worker, each a median; one database a size. */
import { openBrowserDriver } from '../../../src/adapters/storage/browser-driver.ts'
import { transact } from '../../../src/adapters/storage/driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import type { Store } from '../../../src/core/ports/storage.ts'
import { conversationWith } from '../../../src/protocol/ids.ts'
import { accountId, anywhere, message, WITH_ANA } from '../../contract/storage/samples.ts'

const KEY = 'ab'.repeat(32)
const ROUNDS = 200
const STARTS = 9
/** Rows that the screen shows. */
const SHOWN = 50
const WORDS = ['parrot', 'noon', 'flies', 'amanhã', 'coffee', 'train', 'maybe', 'thanks', 'where', 'never']

/** Milliseconds. */
export interface Figures {
  readonly open: number
  readonly insert: number
  readonly bareInsert: number
  readonly chatList: number
  readonly last50: number
  readonly search: number
  readonly unread: number
}

const textOf = (n: number): string =>
  Array.from({ length: 12 }, (_, i) => WORDS[(n * 7 + i * i + (n >> 3)) % WORDS.length]).join(' ') + ` ${n}`

const fill = (store: Store, conversations: number, messages: number): void =>
  store.transaction((tx) => {
    for (let c = 0; c < conversations; c++)
      tx.conversations.put({
        id: conversationWith(accountId(2 + c)),
        draft: '',
        activeAt: c,
      })
    for (let n = 0; n < messages; n++)
      tx.messages.insert(
        message(n, { conversation: conversationWith(accountId(2 + (n % conversations))), text: textOf(n) })
      )
  })

const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[times.length >> 1] ?? NaN
const time = (work: (round: number) => unknown): number =>
  median(
    Array.from({ length: ROUNDS }, (_, round) => {
      const began = performance.now()
      work(round)
      return performance.now() - began
    })
  )

const timeBoth = (a: (round: number) => void, b: (round: number) => void): [number, number] => {
  const times: [number, number][] = Array.from({ length: ROUNDS }, (_, round) => {
    const began = performance.now()
    a(round)
    const between = performance.now()
    b(round)
    return [between - began, performance.now() - between]
  })
  return [median(times.map(([first]) => first)), median(times.map(([, second]) => second))]
}

const INSERT = `INSERT INTO messages (conversation, author, id, clock_physical, clock_logical, kind, text, state, fail_reason, at, own)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Fills a new database and times what the app does with it. */
export const measure = async (conversations: number, messages: number): Promise<Figures> => {
  const name = `bench-${crypto.randomUUID()}`
  const openDriver = () => openBrowserDriver({ name, keyHex: KEY, isUsed: false })
  const filled = createStore(await openDriver())
  fill(filled, conversations, messages)
  filled.close()

  const starts: number[] = []
  for (let round = 0; round < STARTS; round++) {
    const began = performance.now()
    const started = createStore(await openDriver())
    started.read((tx) => tx.conversations.list(null, SHOWN))
    starts.push(performance.now() - began)
    started.close()
  }
  const driver = await openDriver()
  const store = createStore(driver)
  const next = (round: number, base: number) => message(base + round, { text: textOf(round) })
  const bare = driver.prepare(INSERT)
  const viaStore = (round: number): void =>
    store.transaction((tx) => void tx.messages.insert(next(round, 10_000_000)))
  const viaDriver = (round: number): void => {
    const { conversation, author, id, clock, kind, text, state, at } = next(round, 20_000_000)
    transact(driver, () =>
      bare.run(conversation, author, id, clock.physical, clock.logical, kind, text, state, null, at, 0)
    )
  }
  // Turn by turn, so that what else the machine does falls on both.
  const [insert, bareInsert] = timeBoth(viaStore, viaDriver)
  const figures = {
    open: median(starts),
    insert,
    bareInsert,
    chatList: time(() => store.read((tx) => tx.conversations.list(null, SHOWN))),
    last50: time(() => store.read((tx) => tx.messages.newest({ conversation: WITH_ANA, limit: SHOWN }))),
    search: time(() => store.read((tx) => tx.search.find(anywhere('parr'), null, SHOWN))),
    unread: time(() => store.read((tx) => tx.messages.firstUnread(WITH_ANA))),
  }
  store.close()
  return figures
}

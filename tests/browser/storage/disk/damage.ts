/** The store on a disk whose bits flip: what is found afterwards is what was told, or damage that is said, and never anything else. */
import { openBrowserDriver } from '../../../../src/adapters/storage/browser-driver.ts'
import { markFile, openCommitMark } from '../../../../src/adapters/storage/commit-mark.ts'
import type { SqlDriver } from '../../../../src/adapters/storage/driver.ts'
import { createStore } from '../../../../src/adapters/storage/store.ts'
import { StorageFailure, type Store } from '../../../../src/core/ports/storage.ts'
import { message, WITH_ANA } from '../../../contract/storage/samples.ts'
import { diceOf, type Dice } from './random.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const KEY = 'ab'.repeat(32)
const NAME = 'disk'
const COMMITS = 40
/** The pool's own header of each of its files. */
const HEADER = 4_096
const CONVERSATION = { id: WITH_ANA, draft: '', unread: 0, activeAt: 0, readUpTo: null }
const textOf = (n: number): string => `parrot ${n} ${'flies at noon '.repeat(n)}`

/** A part of the file layer that a bit flips in. */
type Part = 'database' | 'log' | 'pool' | 'mark'

/**
 * What came of one flipped bit. `whole`: nothing happened. `damaged`: it was said, when opening or when reading. `cut`: commits at the end were
 * missing, and exactly so many were said to be. `silent`: fewer were said to be missing than are. `garbage`: something else was
 * read, or bytes that were not to be touched are not what they were.
 */
export type Outcome = 'whole' | 'damaged' | 'cut' | 'silent' | 'garbage'
export interface Flip {
  readonly outcome: Outcome
  readonly part: Part
  /** Within the file. */
  readonly at: number
  /** What was thrown, where something was. */
  readonly said?: string | undefined
}

interface Opened {
  readonly driver: SqlDriver
  readonly store: Store
}
const open = async (isUsed: boolean): Promise<Opened> => {
  const driver = await openBrowserDriver({ name: NAME, keyHex: KEY, isUsed })
  try {
    return { driver, store: createStore(driver, await openCommitMark(NAME)) }
  } catch (error) {
    driver.close()
    throw error
  }
}

/** A disk with forty commits: half of them in the database, the others in its log; or, once it is closed, all in the database. */
const written = async (closed: boolean): Promise<SimulatedDisk> => {
  const disk = new SimulatedDisk()
  disk.install()
  const { driver, store } = await open(false)
  driver.exec('PRAGMA wal_autocheckpoint=0')
  store.transaction((tx) => tx.conversations.put(CONVERSATION))
  for (let n = 0; n < COMMITS; n++) {
    if (n === COMMITS / 2) driver.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
    store.transaction((tx) => void tx.messages.insert(message(n, { text: textOf(n) })))
  }
  if (closed) store.close()
  return disk.clone()
}

const pathIn = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)))

const look = async (): Promise<Pick<Flip, 'outcome' | 'said'>> => {
  let opened: Opened | undefined
  try {
    opened = await open(true)
    const { driver, store } = opened
    const texts = store.read((tx) =>
      tx.messages.newest({ conversation: WITH_ANA, limit: 1_000 }).map(({ text }) => text)
    )
    const verdict = String(driver.prepare('PRAGMA integrity_check').get()?.['integrity_check'])
    if (verdict !== 'ok') return { outcome: 'damaged', said: verdict }
    if (texts.some((text, n) => text !== textOf(n))) return { outcome: 'garbage' }
    if (texts.length === COMMITS) return { outcome: store.missing() === 0 ? 'whole' : 'garbage' }
    return { outcome: store.missing() === COMMITS - texts.length ? 'cut' : 'silent' }
  } catch (error) {
    return { outcome: 'damaged', said: error instanceof StorageFailure ? error.error.reason : String(error) }
  } finally {
    opened?.store.close()
  }
}

/** Where to flip: in the database the 32 bytes that begin it, and some of all others; the last 32 of a page are its nonce and tag. */
const placesIn = (part: Part, size: number, count: number, dice: Dice): readonly number[] => {
  const anywhere = (): number => HEADER + dice.roll(size - HEADER)
  const inPageEnd = (): number => HEADER * (2 + dice.roll(size / HEADER - 1)) - 1 - dice.roll(32)
  return Array.from({ length: count }, (_, i) => {
    if (part === 'mark') return i * 5
    if (part === 'pool') return dice.roll(520)
    if (part === 'log') return i < 10 ? HEADER + dice.roll(56) : anywhere()
    if (i < 32) return HEADER + i
    return i < 40 ? inPageEnd() : anywhere()
  })
}

/** Flips `count` bits, one on each fresh copy of a disk, in one part of the file layer. */
export const flipBits = async (part: Part, seed: number, count: number): Promise<readonly Flip[]> => {
  const dice = diceOf(seed)
  const disk = await written(part !== 'log')
  const fileOf = (one: SimulatedDisk) => {
    const files = [...one.files()]
    const wanted = files.find(([path, file]) =>
      part === 'mark'
        ? path.endsWith(markFile(NAME))
        : pathIn(file.view()) === (part === 'log' ? `/${NAME}.db-wal` : `/${NAME}.db`)
    )
    if (!wanted) throw new Error(`there is no ${part}`)
    return wanted[1]
  }
  const flips: Flip[] = []
  for (const at of placesIn(part, fileOf(disk).size, count, dice)) {
    const copy = disk.clone()
    const file = fileOf(copy)
    const byte = file.view()[at] ?? 0
    file.write(at, Uint8Array.of(byte ^ (1 << dice.roll(8))))
    const harmed = file.view().slice(HEADER)
    copy.install()
    const found = await look()
    const isKept = part !== 'pool' || harmed.every((value, i) => value === file.view()[HEADER + i])
    flips.push({ part, at, ...found, ...(isKept ? {} : { outcome: 'garbage' as const }) })
  }
  return flips
}

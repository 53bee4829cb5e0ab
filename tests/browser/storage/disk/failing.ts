/** The store on a disk that fails again and again while it writes; after each time what is left is compared with what was told. */
import { openBrowserDriver } from '../../../../src/adapters/storage/browser-driver.ts'
import { openCommitMark } from '../../../../src/adapters/storage/commit-mark.ts'
import type { SqlDriver } from '../../../../src/adapters/storage/driver.ts'
import { createStore } from '../../../../src/adapters/storage/store.ts'
import type { Store } from '../../../../src/core/ports/storage.ts'
import { anywhere, message, WITH_ANA } from '../../../contract/storage/samples.ts'
import { diceOf, type Dice } from './random.ts'

const KEY = 'ab'.repeat(32)
const NAME = 'disk'
const CONVERSATION = { id: WITH_ANA, draft: '', unread: 0, activeAt: 0, readUpTo: null }
/** After so many rows a new disk is begun: checking costs by what is there. */
const MOST_ROWS = 150
const LONGEST = 12_000
/** Clock of message 0. */
export const FIRST = message(0).clock.physical

export type Texts = ReadonlyMap<number, string>

export interface FailingReport {
  readonly crashes: number
  /** Transactions that were reported as committed, over all lives. */
  readonly told: number
  /** Crashes after which the database did not open or was not in one piece. */
  readonly corrupt: number
  /** Crashes after which something that was reported was not there, or something else was. */
  readonly lost: number
  /** Crashes after which the transaction that was cut off was there, whole. */
  readonly ahead: number
  /** What was found first, for whoever looks into a failure. */
  readonly first: string | undefined
}

/** A disk that stops working when it is told to. */
export interface FailingDisk {
  /** It fails when `operations` more writes, truncations and flushes have been asked for. */
  failAfter(operations: number): void
  /** True once something was refused. */
  readonly isDead: boolean
  /** Puts it where this worker's engine looks for its files. */
  install(): void
  /** What is found when it works again. */
  afterFailure(dice: Dice): FailingDisk
}

interface Opened {
  readonly driver: SqlDriver
  readonly store: Store
}
const open = async (isUsed: boolean): Promise<Opened> => {
  const driver = await openBrowserDriver({ name: NAME, keyHex: KEY, isUsed })
  return { driver, store: createStore(driver, await openCommitMark(NAME)) }
}

const textOf = (dice: Dice, n: number): string => {
  const length = dice.chance(0.1) ? dice.roll(LONGEST) : dice.roll(200)
  return `parrot ${n} ${String.fromCharCode(97 + dice.roll(26)).repeat(3 + (n % 5))} `.repeat(1 + length / 16)
}

/** What one transaction is to do: some messages come, now and then the oldest goes, or all do. */
interface Plan {
  readonly come: Texts
  readonly goes: number | undefined
  readonly clears: boolean
}
export const planOf = (dice: Dice, before: Texts): Plan => {
  const count = 1 + dice.roll(dice.chance(0.05) ? 40 : 3)
  const from = Math.max(0, ...before.keys()) + 1
  const come = Array.from({ length: count }, (_, i) => [from + i, textOf(dice, from + i)] as const)
  const goes = dice.chance(0.2) ? [...before.keys()][0] : undefined
  return { come: new Map(come), goes, clears: dice.chance(0.03) }
}
export const result = (before: Texts, { come, goes, clears }: Plan): Texts => {
  const after = new Map([...(clears ? [] : before), ...come])
  if (goes !== undefined) after.delete(goes)
  return after
}
export const carryOut = (store: Store, { come, goes, clears }: Plan): void =>
  store.transaction((tx) => {
    tx.conversations.put(CONVERSATION)
    if (clears) tx.messages.clear(WITH_ANA)
    for (const [n, text] of come) tx.messages.insert(message(n, { text }))
    if (goes !== undefined) tx.messages.remove(message(goes))
  })

interface Life {
  /** What was told to be committed. */
  readonly told: Texts
  /** The same, and the transaction that was cut off. */
  readonly cutOff: Texts
  readonly transactions: number
}

/** Opens and writes until the power fails, sometimes already while opening. */
const live = async (
  disk: FailingDisk,
  dice: Dice,
  {
    texts: before,
    opened,
    synchronous,
  }: { readonly texts: Texts; readonly opened: Opened | undefined; readonly synchronous: 'FULL' | 'OFF' }
): Promise<Life> => {
  disk.failAfter(opened ? dice.roll(700) : dice.roll(60))
  let life: Life = { told: before, cutOff: before, transactions: 0 }
  try {
    const { driver, store } = opened ?? (await open(before.size > 0))
    if (synchronous === 'OFF') driver.exec('PRAGMA synchronous=OFF')
    // Few pages in memory and short logs: spills and checkpoints are then among what is cut off.
    driver.exec(`PRAGMA cache_size=${20 + dice.roll(100)}`)
    driver.exec(`PRAGMA wal_autocheckpoint=${5 + dice.roll(60)}`)
    for (;;) {
      const plan = planOf(dice, life.told)
      life = { ...life, cutOff: result(life.told, plan) }
      carryOut(store, plan)
      life = { told: life.cutOff, cutOff: life.cutOff, transactions: life.transactions + 1 }
      // The search index follows when there is time; what was told does not hang on it.
      if (dice.chance(0.3)) store.transaction((tx) => tx.search.index(1 + dice.roll(20)))
    }
  } catch (error) {
    if (!disk.isDead) throw error
    return life
  }
}

export const isSame = (a: Texts, b: Texts): boolean =>
  a.size === b.size && [...a].every(([n, text]) => b.get(n) === text)

/** What is there. Throws when it is not in one piece. */
const read = ({ driver, store }: Opened): Texts => {
  for (const index of ['messages_words', 'messages_parts'])
    driver.exec(`INSERT INTO ${index} (${index}, rank) VALUES ('integrity-check', 1)`)
  const verdict = driver.prepare('PRAGMA integrity_check').get()?.['integrity_check']
  if (verdict !== 'ok') throw new Error(`integrity: ${String(verdict)}`)
  if (store.missing() > 0) throw new Error(`${store.missing()} commits are said to be missing`)
  const rows = store.read((tx) => tx.messages.newest({ conversation: WITH_ANA, limit: 10_000 }))
  const found = store.search(anywhere('parrot'), null, 10_000).hits.length
  if (found !== rows.length) throw new Error(`${found} of ${rows.length} are found`)
  return new Map(rows.map(({ clock, text }) => [clock.physical - FIRST, text]))
}

export interface FailingOptions {
  readonly seed: number
  readonly crashes: number
  /** FULL is how the store is opened; OFF is the engine without its flushes. */
  readonly synchronous: 'FULL' | 'OFF'
  /** Makes one with nothing on it. */
  readonly newDisk: () => FailingDisk | Promise<FailingDisk>
}

/** What a worker of its own is asked to do. */
export interface FailingTask extends Omit<FailingOptions, 'newDisk'> {
  /** `power`: what was not flushed is lost, in part. `kill`: a process ends, and all it wrote stays. */
  readonly kind: 'power' | 'kill'
}

/** Lets disks fail `crashes` times. */
export const failAgainAndAgain = async ({
  seed,
  crashes,
  synchronous,
  newDisk,
}: FailingOptions): Promise<FailingReport> => {
  const dice = diceOf(seed)
  let report: FailingReport = { crashes, told: 0, corrupt: 0, lost: 0, ahead: 0, first: undefined }
  const count = (what: 'corrupt' | 'lost' | 'ahead', why?: string): void => {
    report = { ...report, [what]: report[what] + 1, first: report.first ?? why }
  }
  const blank = async () => ({ disk: await newDisk(), texts: new Map() as Texts, opened: undefined })
  let { disk, texts, opened }: { disk: FailingDisk; texts: Texts; opened: Opened | undefined } = await blank()
  for (let crash = 0; crash < crashes; crash++) {
    disk.install()
    // Now and then the next life opens anew, and the power may fail while it does.
    if (opened && dice.chance(0.3)) opened = void opened.store.close()
    const life = await live(disk, dice, { texts, opened, synchronous })
    report = { ...report, told: report.told + life.transactions }
    disk = disk.afterFailure(dice)
    disk.install()
    try {
      opened = await open(life.told.size > 0)
      const after = read(opened)
      if (!isSame(after, life.told) && isSame(after, life.cutOff)) count('ahead')
      else if (!isSame(after, life.told))
        count('lost', `crash ${crash}: ${life.told.size} rows were told, ${after.size} are there`)
      texts = after
    } catch (error) {
      count('corrupt', `crash ${crash}, ${life.told.size} rows: ${String(error)}`)
      ;({ disk, texts, opened } = await blank())
    }
    if (texts.size > MOST_ROWS) ({ disk, texts, opened } = await blank())
  }
  return report
}

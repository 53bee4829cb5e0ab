/** The store on a disk that fills up again and again; each time, what can be read is compared with what was told, without opening anew. */
import { openBrowserDriver } from '../../../../src/adapters/storage/browser-driver.ts'
import { createStore } from '../../../../src/adapters/storage/store.ts'
import { StorageFailure } from '../../../../src/core/ports/storage.ts'
import { WITH_ANA } from '../../../contract/storage/samples.ts'
import { carryOut, FIRST, isSame, planOf, result, type Texts } from './failing.ts'
import { limitRoom } from './full-disk.ts'
import { diceOf } from './random.ts'

export interface FullTask {
  readonly seed: number
  /** How often the room ends. */
  readonly times: number
}
export interface FullReport {
  /** Why writes failed: how often each. */
  readonly failures: Readonly<Record<string, number>>
  /** Times when something else was there than what had been told, or when it could not be read. */
  readonly wrong: readonly string[]
  /** Transactions that were told, over all. */
  readonly told: number
}

/** Lets the disk fill up `times` times. Once in a worker: it takes the place of its access handles. */
export const fillAgainAndAgain = async ({ seed, times }: FullTask): Promise<FullReport> => {
  const dice = diceOf(seed)
  const disk = limitRoom()
  const open = async (isUsed: boolean) => {
    const driver = await openBrowserDriver({ name: `full-${seed}`, keyHex: 'ab'.repeat(32), isUsed })
    // Little is kept in memory: what is read comes from the files.
    driver.exec('PRAGMA cache_size=10')
    driver.exec('PRAGMA wal_autocheckpoint=60')
    return { driver, store: createStore(driver) }
  }
  let opened = await open(false)
  let texts: Texts = new Map()
  let told = 0
  const failures: Record<string, number> = {}
  const wrong: string[] = []
  const look = (when: string): void => {
    try {
      const rows = opened.store.read((tx) => tx.messages.newest({ conversation: WITH_ANA, limit: 10_000 }))
      const there = new Map(rows.map(({ clock, text }) => [clock.physical - FIRST, text]))
      const verdict = opened.driver.prepare('PRAGMA quick_check').get()?.['quick_check']
      if (!isSame(there, texts)) wrong.push(`${when}: ${texts.size} were told, ${there.size} are there`)
      if (verdict !== 'ok') wrong.push(`${when}: ${String(verdict)}`)
    } catch (error) {
      wrong.push(`${when}: ${String(error)}`)
    }
  }
  for (let time = 1; time <= times; time++) {
    disk.leave(dice.roll(150_000))
    for (let refused = 0; refused < 3;) {
      const plan = planOf(dice, texts)
      try {
        carryOut(opened.store, plan)
        texts = result(texts, plan)
        told += 1
      } catch (error) {
        if (!(error instanceof StorageFailure)) throw error
        refused += 1
        failures[error.error.reason] = (failures[error.error.reason] ?? 0) + 1
        look(`time ${time}, refusal ${refused}`)
      }
    }
    disk.leave(Infinity)
    look(`time ${time}, with room again`)
    if (!dice.chance(0.2)) continue
    opened.store.close()
    opened = await open(true)
    look(`time ${time}, opened anew`)
  }
  opened.store.close()
  return { failures, wrong, told }
}

/**
 * Backups that make themselves, in a real browser. The folder is one of the private file system: the picker of the system cannot be operated
 * by a test, and the handle is the same. Such a folder is always permitted; where the permission is what is tested, its answers are replaced.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MePassaClient } from '../../../src/client/contract.ts'
import { createBackupSchedule, type HostBackupSchedule } from '../../../src/host/backups/backup-schedule.ts'
import { readPlan, writePlan } from '../../../src/host/backups/plan-store.ts'
import { err, ok } from '../../../src/lib/result.ts'
import type { BackupPlan } from '../../../src/ui/lib/scheduled-backup.ts'
import { until } from '../../support/until.ts'
import { createHandClock } from '../../unit/client/hand-clock.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const START = Date.UTC(2026, 10, 26, 12, 0, 0)

let folder: FileSystemDirectoryHandle
beforeEach(async () => {
  const root = await navigator.storage.getDirectory()
  folder = await root.getDirectoryHandle(crypto.randomUUID(), { create: true })
  Object.assign(window, { showDirectoryPicker: async () => folder })
})
afterEach(async () => {
  await writePlan(null)
})

const files = async (): Promise<string[]> => {
  const names: string[] = []
  for await (const name of folder.keys()) names.push(name)
  return names.sort()
}
const texts = async (): Promise<string[]> =>
  Promise.all(
    (await files()).map(async (name) => (await (await folder.getFileHandle(name)).getFile()).text())
  )

/** A day and more can pass between two lines of a test. */
const createTime = () => {
  const { now, after, pass } = createHandClock()
  return { clock: { now: () => START + now(), after }, pass }
}

/** A schedule over a core whose backups are numbered; the third piece is its last. */
const setUp = (options: { readonly leads?: boolean } = {}) => {
  let made = 0
  let isFailing = false
  const client = {
    call: async (name: string, argument: unknown) => {
      const { passphrase, index } = argument as { passphrase: string | null; index: number }
      expect([name, passphrase]).toEqual(['backupPiece', null])
      if (index === 0) made++
      if (isFailing && index === 1) return err({ kind: 'storage', reason: 'damaged' }) as never
      return ok({ bytes: new TextEncoder().encode(`${made}.${index} `), done: index === 2 })
    },
    live: () => () => undefined,
  } satisfies Pick<MePassaClient, 'call' | 'live'>
  const time = createTime()
  const schedule: HostBackupSchedule = createBackupSchedule({
    view: window,
    client,
    clock: time.clock,
    leads: () => options.leads ?? true,
  })
  const seen: (BackupPlan | null)[] = []
  schedule.watch((plan) => seen.push(plan))
  return { schedule, ...time, seen, made: () => made, fail: (fails: boolean) => (isFailing = fails) }
}
const rests = (seen: readonly (BackupPlan | null)[], at: number): Promise<unknown> =>
  until('a backup is made', () => seen.at(-1)?.last?.at === at && !seen.at(-1)?.running)

test('one is made when the folder is chosen, the next when a day has passed, and the plan outlives the page', async () => {
  const first = setUp()
  await until('there is no plan', () => first.seen.at(-1) === null)
  first.schedule.start()
  await first.schedule.choose()
  expect(first.seen.at(-1)).toMatchObject({
    folder: folder.name,
    every: 'day',
    keep: 7,
    trouble: null,
    running: false,
  })
  expect(first.seen.at(-1)?.last).toEqual({ at: START, size: 8 })
  expect(await texts()).toEqual(['1.0 1.1 '])
  expect((await files())[0]).toMatch(/^MePassa 2026-11-26 12\.00\.00 [0-9a-f]{4}\.mepassa$/)
  expect(
    first.seen.some((plan) => plan?.running),
    'it is said while it runs'
  ).toBe(true)

  for (let look = 0; look < 3; look++) first.pass(10 * MINUTE)
  expect(first.made(), 'not yet').toBe(1)

  const second = setUp()
  second.schedule.start()
  await until('the plan is found again', () => second.seen.at(-1)?.last?.at === START)
  second.pass(DAY)
  await rests(second.seen, START + DAY)
  expect(await files()).toHaveLength(2)
  await second.schedule.set({ every: 'week' })
  second.pass(6 * DAY)
  await second.schedule.set({ keep: 3 })
  expect(await files(), 'a week has not passed').toHaveLength(2)
})

test('only the newest are kept, whole ones, and nothing that is not the plan’s', async () => {
  const { schedule, pass, seen } = setUp()
  await folder.getFileHandle('holiday.jpg', { create: true })
  await folder.getFileHandle('MePassa 2020-01-01 00.00.00 ffff0.mepassa', { create: true })
  await schedule.choose()
  await schedule.set({ keep: 3 })
  const tag = (await readPlan())?.tag ?? ''
  // Left by a browser that was ended while it wrote.
  await folder.getFileHandle(`MePassa 2027-01-01 00.00.00 ${tag}.mepassa`, { create: true })
  for (let n = 1; n <= 3; n++) {
    pass(1_000)
    await schedule.runNow()
    await rests(seen, START + n * 1_000)
  }
  expect(await files()).toEqual([
    'MePassa 2020-01-01 00.00.00 ffff0.mepassa',
    ...[1, 2, 3].map((second) => `MePassa 2026-11-26 12.00.0${second} ${tag}.mepassa`),
    'holiday.jpg',
  ])
})

test('what fails leaves no file and every earlier one, is said, and is tried again after an hour', async () => {
  const { schedule, pass, seen, fail, made } = setUp()
  schedule.start()
  await schedule.choose()
  fail(true)
  pass(DAY)
  await until('it is said', () => seen.at(-1)?.trouble !== null && !seen.at(-1)?.running)
  expect(seen.at(-1)?.trouble).toEqual({ kind: 'storage', reason: 'damaged' })
  expect(await texts()).toEqual(['1.0 1.1 '])
  fail(false)
  pass(30 * MINUTE)
  await schedule.set({ keep: 3 })
  expect(made(), 'not at once').toBe(2)
  pass(31 * MINUTE)
  await rests(seen, START + DAY + 61 * MINUTE)
  expect(seen.at(-1)?.trouble).toBeNull()
  expect(await files()).toHaveLength(2)
})

test('a folder that is gone is said to be gone, after the next start too', async () => {
  const { schedule, seen } = setUp()
  await schedule.choose()
  await (await navigator.storage.getDirectory()).removeEntry(folder.name, { recursive: true })
  await schedule.runNow()
  expect(seen.at(-1)?.trouble).toBe('folder-gone')
  const next = setUp()
  await until('it is still said', () => next.seen.at(-1)?.trouble === 'folder-gone')
})

test('a permission that has lapsed is asked for on a click and never without one', async () => {
  const { schedule, pass, seen, made } = setUp()
  schedule.start()
  await schedule.choose()
  const asked: string[] = []
  let answer: PermissionState = 'prompt'
  const kept = Object.getOwnPropertyDescriptors(FileSystemHandle.prototype)
  Object.assign(FileSystemHandle.prototype, {
    queryPermission: async () => answer,
    requestPermission: async () => {
      asked.push('asked')
      return (answer = 'granted')
    },
  })
  try {
    pass(DAY)
    await until('it is said', () => seen.at(-1)?.trouble === 'permission')
    expect([made(), asked]).toEqual([1, []])
    await schedule.runNow()
    await rests(seen, START + DAY)
    expect([made(), asked, seen.at(-1)?.trouble]).toEqual([2, ['asked'], null])
  } finally {
    Object.defineProperties(FileSystemHandle.prototype, kept)
  }
})

test('a tab that does not lead makes none by itself, and a plan that is ended is forgotten while its files stay', async () => {
  const { schedule, pass, seen, made } = setUp({ leads: false })
  schedule.start()
  await schedule.choose()
  pass(2 * DAY)
  await schedule.set({ keep: 3 })
  expect(made()).toBe(1)
  await schedule.stop()
  expect(seen.at(-1)).toBeNull()
  expect(await readPlan()).toBeNull()
  expect(await files()).toHaveLength(1)
})

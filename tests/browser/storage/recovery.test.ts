/** What the keeper saves of a damaged database, whatever kind of page the damage is in. */
import { expect, test, vi } from 'vitest'
import { markFile } from '../../../src/adapters/storage/commit-mark.ts'
import type { RecoveryReport } from '../../../src/core/domain/keeper.ts'
import { ok } from '../../../src/lib/result.ts'
import { DAMAGE, textOf, type PageOfTree } from './operations.ts'
import { filesOf, flipBit, harmPages } from './origin.ts'
import { startStoreWorker, type StoreWorker } from './store-worker.ts'

const COUNT = 150
/** Pages where tables begin. */
const ROOTS = 64
/** What a page of messages holds at most. */
const A_PAGE = 30
// Each recovery opens several engines.
vi.setConfig({ testTimeout: 300_000 })
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const ALL = new Set(numbers(COUNT).map(textOf))

const withTexts = async (worker: StoreWorker, name: string): Promise<void> => {
  await worker.call('open', name)
  await worker.call('write', name, 0, COUNT)
  await worker.call('close', name)
}
const reportOf = async (worker: StoreWorker, name: string): Promise<RecoveryReport> => {
  const outcome = await worker.call('keep', name, 'recover', null)
  if (!outcome.ok || outcome.value === null || !('messages' in outcome.value)) throw new Error('no report')
  return outcome.value
}
test('damaged pages: what is readable goes to a fresh database, the rest is counted, the damaged file is kept as it was', async () => {
  const name = `recover-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await withTexts(worker, name)
  expect(await harmPages(name, (page) => page > ROOTS && page % 6 === 5)).toBeGreaterThan(ROOTS + 6)
  const damaged = await filesOf(name)
  const told = new Promise<void>((resolve) => worker.onTold((n) => n === DAMAGE && resolve()))
  const opened = await worker.call('open', name).then(
    () => true,
    () => false
  )
  if (opened) {
    await worker.call('texts', name).catch(() => undefined)
    await worker.call('found', name, 'parrot').catch(() => undefined)
    await worker.call('close', name)
    await told
    expect(await worker.failure('open', name), 'it is not opened again').toBe('damaged')
  }

  const report = await reportOf(worker, name)
  await worker.call('open', name)
  const texts = await worker.call('texts', name)
  expect(texts).toHaveLength(report.messages)
  // Where every index is harmed too, nothing tells how many stood on the last page.
  expect(report.messages + report.lostMessages).toBeGreaterThan(COUNT - 30)
  expect(report.messages + report.lostMessages).toBeLessThanOrEqual(COUNT)
  expect(report.messages).toBeGreaterThan(0)
  expect(texts.filter((text) => !numbers(COUNT).map(textOf).includes(text))).toEqual([])
  expect(await worker.call('found', name, 'parrot')).toBe(texts.length)
  expect(await worker.call('keep', name, 'news', null)).toEqual(ok({ recovery: report, missing: 0 }))
  await worker.call('keep', name, 'acknowledge', null)
  expect(await worker.call('keep', name, 'news', null)).toEqual(ok({ recovery: null, missing: 0 }))
  await worker.call('close', name)
  expect(await worker.call('integrity', name)).toEqual(['ok'])
  expect(report.keptFolder).toBe(name)
  expect(await filesOf(name)).toEqual(damaged)

  await worker.call('open', name)
  await worker.call('write', name, 1_000, 1)
  expect(await worker.call('texts', name)).toHaveLength(texts.length + 1)
})

test('damaged files are listed and can be deleted, and the database that took their place stays, also after another recovery', async () => {
  const name = `kept-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await withTexts(worker, name)
  expect(await worker.call('keep', name, 'keptFiles', null)).toEqual(ok([]))
  await reportOf(worker, name)
  const before = await filesOf(name)
  const size = [...before.values()].reduce((sum, { length }) => sum + (length > 4_096 ? length : 0), 0)
  const kept = { folder: name, size, at: expect.any(Number) as number }
  expect(await worker.call('keep', name, 'keptFiles', null)).toEqual(ok([kept]))

  await worker.call('keep', name, 'deleteKept', { folder: `${name}-2` })
  await worker.call('open', name)
  expect(await worker.call('texts', name), 'only what was kept is deleted').toHaveLength(COUNT)
  await worker.call('keep', name, 'deleteKept', { folder: name })
  expect(await worker.call('keep', name, 'keptFiles', null)).toEqual(ok([]))
  const gone = await filesOf(name).catch((error: unknown) => (error as DOMException).name)
  expect(gone).toBe('NotFoundError')
  expect(await worker.call('texts', name)).toHaveLength(COUNT)
  await worker.call('close', name)

  expect(await reportOf(worker, name)).toMatchObject({ messages: COUNT, keptFolder: `${name}-2` })
  await worker.call('open', name)
  expect(await worker.call('texts', name)).toHaveLength(COUNT)
})

test("a damaged header of the pool's hides the database; recovery finds it and all that is in it", async () => {
  const name = `header-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await withTexts(worker, name)
  const root = await navigator.storage.getDirectory()
  const folder = await (await root.getDirectoryHandle(name)).getDirectoryHandle('.opaque')
  const [[path = '', bytes = new Uint8Array()] = []] = [...(await filesOf(name))].sort(
    ([, a], [, b]) => b.length - a.length
  )
  const writing = await (await folder.getFileHandle(path.split('/').at(-1) ?? '')).createWritable()
  await writing.write(bytes.map((byte, at) => (at < 20 ? byte ^ 1 : byte)))
  await writing.close()
  expect(await worker.failure('open', name)).toBe('damaged')
  const outcome = await worker.call('keep', name, 'recover', null)
  expect(outcome).toMatchObject({ ok: true, value: { messages: COUNT, lostMessages: 0 } })
  await worker.call('open', name)
  expect(await worker.call('texts', name)).toEqual(numbers(COUNT).map(textOf))
})

test('commits that the damaged database had lost before are said to be missing after the recovery, too', async () => {
  const name = `lost-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await withTexts(worker, name)
  const root = await navigator.storage.getDirectory()
  const mark = await root.getFileHandle(markFile(name))
  const view = new DataView(await (await mark.getFile()).arrayBuffer())
  const count = view.getBigUint64(0)
  expect(count).toBeGreaterThan(0n)
  view.setBigUint64(0, count + 3n)
  view.setBigUint64(8, ~(count + 3n))
  const writing = await mark.createWritable()
  await writing.write(view)
  await writing.close()
  const report = await reportOf(worker, name)
  expect(report.messages).toBe(COUNT)
  await worker.call('open', name)
  expect(await worker.call('keep', name, 'news', null)).toEqual(ok({ recovery: report, missing: 3 }))
})

/** Recovers after some harm to the pages of a closed database, and looks at what is there then. */
const recovered = async (harm: (name: string, pages: readonly PageOfTree[]) => Promise<unknown>) => {
  const name = `kinds-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await withTexts(worker, name)
  await harm(name, await worker.call('pages', name))
  const report = await reportOf(worker, name)
  await worker.call('open', name)
  const texts = await worker.call('texts', name)
  expect(texts).toHaveLength(report.messages)
  expect(
    texts.filter((text) => !ALL.has(text)),
    'nothing else'
  ).toEqual([])
  expect(await worker.call('found', name, 'parrot')).toBe(texts.length)
  await worker.call('close', name)
  expect(await worker.call('integrity', name)).toEqual(['ok'])
  return report
}

type Which = (page: PageOfTree, all: readonly PageOfTree[]) => boolean
const harmThe = (which: Which) => (name: string, pages: readonly PageOfTree[]) => {
  const harmed = new Set(pages.filter((page) => which(page, pages)).map(({ page }) => page - 1))
  expect(harmed.size).toBeGreaterThan(0)
  return harmPages(name, (page) => harmed.has(page))
}
const rootOf =
  (tree: string): Which =>
  (page) =>
    page.tree === tree && page.kind === 'root'
const first: Which = ({ page }) => page === 1
const isAbove: Which = ({ tree, kind }, all) =>
  kind === 'internal' ||
  (kind === 'root' && all.some((other) => other.tree === tree && other.kind === 'leaf'))

test.each<readonly [string, Which]>([
  ['the first page', first],
  ['the schema, all of it', ({ tree }) => tree === 'sqlite_schema'],
  ['the root of the messages', rootOf('messages')],
  ['the first page and that root', (page, all) => first(page, all) || rootOf('messages')(page, all)],
  ['every page with others below it', isAbove],
  ['an index', ({ tree }) => tree === 'messages_order'],
  ['the search index', ({ tree }) => tree.startsWith('messages_words')],
])('damage in %s: all messages are saved', async (_, which) => {
  expect(await recovered(harmThe(which))).toMatchObject({ messages: COUNT, lostMessages: 0 })
})

test('damage in the salt, from which the key of every page comes: all is saved', async () => {
  const report = await recovered((name) => flipBit(name, 5))
  expect(report).toMatchObject({ messages: COUNT, lostMessages: 0, lostOthers: 0 })
})

test('damage in the only page of a table: its rows are counted as lost, and messages do not go with their conversation', async () => {
  const report = await recovered(harmThe(rootOf('conversations')))
  expect(report).toMatchObject({ messages: COUNT, lostMessages: 0, lostOthers: 1 })
})

test('damage in a page of messages: those on it are lost and counted, all others saved', async () => {
  const leaf: Which = (page, all) =>
    page === all.find(({ tree, kind }) => tree === 'messages' && kind === 'leaf')
  const { messages, lostMessages } = await recovered(harmThe(leaf))
  expect(messages + lostMessages).toBe(COUNT)
  expect(lostMessages).toBeGreaterThan(0)
  expect(lostMessages).toBeLessThan(A_PAGE)
})

/** Tables that are their own index: short rows of which an index tells how many there are, and long ones that go on on pages of their own. */
const KEYED = {
  seen_envelopes: `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO seen_envelopes (id, message_id, account, at)
    SELECT printf('envelope-%08d', i * 7919 % 2000), NULL, 'somebody', i * 3000000000 FROM n`,
  signal_sessions: `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
    INSERT INTO signal_sessions (address, record)
    SELECT printf('address-%04d', i), CAST(printf('%0' || (i * 60) || 'd', i) AS BLOB) FROM n`,
} as const

test('several damaged pages in the middle of tables that are their own index: all rows on other pages are saved, and those lost are counted', async () => {
  const name = `keyed-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await withTexts(worker, name)
  for (const sql of Object.values(KEYED)) await worker.call('rows', name, sql)
  const pages = await worker.call('pages', name)
  const leaves = (tree: string) => pages.filter((page) => page.tree === tree && page.kind === 'leaf')
  const harmed = (['seen_envelopes', 'signal_sessions'] as const).flatMap((tree) =>
    // Two of them beside each other: the row between the two stands on the page above.
    leaves(tree).filter((_, at) => [2, 5, 6, 9].includes(at))
  )
  expect(harmed).toHaveLength(8)
  const lost = harmed.reduce((sum, { cells }) => sum + cells, 0)
  const lostSeen = harmed.slice(0, 4).reduce((sum, { cells }) => sum + cells, 0)
  const numbersOf = new Set(harmed.map(({ page }) => page - 1))
  const all = {
    seen_envelopes: await worker.call('rows', name, 'SELECT * FROM seen_envelopes'),
    signal_sessions: await worker.call('rows', name, 'SELECT * FROM signal_sessions'),
  }
  await harmPages(name, (page) => numbersOf.has(page))

  const report = await reportOf(worker, name)
  expect(report).toMatchObject({ messages: COUNT, lostMessages: 0 })
  // Of the sessions nothing but the damaged pages tells how many are missing: one each, at least.
  expect(report.lostOthers).toBe(lostSeen + 4)
  let saved = 0
  for (const table of ['seen_envelopes', 'signal_sessions'] as const) {
    const rows = await worker.call('rows', name, `SELECT * FROM ${table}`)
    const before = new Set(all[table].map((row) => JSON.stringify(Object.entries(row))))
    expect(rows.filter((row) => !before.has(JSON.stringify(Object.entries(row))))).toEqual([])
    saved += rows.length
  }
  expect(saved + lost).toBe(all.seen_envelopes.length + all.signal_sessions.length)
})

test('damage in every page that there is: nothing is saved, and the fresh database works', async () => {
  expect(await recovered(harmThe(() => true))).toMatchObject({ messages: 0 })
})

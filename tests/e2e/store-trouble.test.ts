/** What a person sees, and gets back, when the store is damaged or gone, and that “Delete everything” leaves nothing. */
import { stat } from 'node:fs/promises'
import type { Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { createClient } from '../../src/node/create-client.ts'
import { addByLink, message, onboard, reached, send, sendMany } from '../support/app.ts'
import { openBrowser, type PersonBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess, type RelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'

const stage = new AsyncDisposableStack()
let relay: RelayProcess
let person: AsyncDisposableStack
let browser: PersonBrowser
let page: Page

beforeAll(async () => {
  if (!(await ensureBuilt())) throw new Error('The page does not build.')
  const data = stage.use(await newFolder('relay'))
  relay = await startRelayProcess({ dataDir: data.path, env: { WEBRTC_PORT: 'off' } })
  stage.defer(() => relay.kill())
})
afterAll(() => stage.disposeAsync())
beforeEach(async () => {
  person = new AsyncDisposableStack()
  const profile = person.use(await newFolder('ana'))
  browser = await openBrowser({ profile: profile.path, baseURL: relay.url })
  person.defer(() => browser.kill())
  page = browser.page
  await onboard(page, 'Ana')
})
afterEach(() => person.disposeAsync())

/** A page of the same origin in which the app does not run: soon nothing holds the files. */
const stepOutside = (): Promise<unknown> => page.goto('/healthz')

/** Does something to the files in the page, once the worker of the page before has let them go. */
const touchFiles = <T>(touch: () => Promise<T>) => until('the files are free', () => page.evaluate(touch))

/** Bytes of the database's log; they can be counted while it is open. */
const logSize = () =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    const folder = await (await root.getDirectoryHandle('mepassa')).getDirectoryHandle('.opaque')
    for await (const handle of folder.values()) {
      const file = await (handle as FileSystemFileHandle).getFile()
      // Each begins with the name that it stands for.
      if ((await file.slice(0, 512).text()).startsWith('/mepassa.db-wal\0')) return file.size
    }
    throw new Error('no log')
  })

/** In the page: everything below the private file system, by path. */
const storedFiles = () =>
  touchFiles(async () => {
    const filesBelow = async (
      folder: FileSystemDirectoryHandle,
      path: string
    ): Promise<[string, string][]> => {
      const found: [string, string][] = []
      for await (const [name, handle] of folder.entries())
        if (handle.kind === 'directory') found.push(...(await filesBelow(handle, `${path}/${name}`)))
        else {
          const bytes = await (await handle.getFile()).arrayBuffer()
          const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
          found.push([`${path}/${name}`, digest.join(' ')])
        }
      return found
    }
    return filesBelow(await navigator.storage.getDirectory(), '')
  })

test('a damaged file: it is said, what can be read is saved, the rest is counted and the file is kept', async () => {
  const bia = await createClient({ relay: relay.url, direct: false })
  person.defer(() => bia.close())
  await bia.createAccount('Bia')
  const link = await bia.inviteLink()
  if (!link.ok) throw new Error('no link')
  await addByLink(page, link.value.link)
  const texts = await sendMany(page, 'kept', 20, 2_000)
  const chat = await page.evaluate(() => location.hash)
  // Nothing more is written to them: what is in the log would stand in for what is damaged in the file.
  await reached(page, texts.at(-1) ?? '', ['sent'])
  // Deleting moves everything out of the log, into the file that is about to be damaged, once the index has followed.
  const before = await logSize()
  await message(page, texts.at(-1) ?? '')
    .getByTestId('message-menu')
    .focus()
  await page.keyboard.press('Enter')
  await page.getByTestId('delete-message').click()
  await page.getByTestId('confirm-delete').click()
  await page.getByTestId('message-deleted').waitFor()
  await until('the log is cut off', async () => (await logSize()) < before)

  await stepOutside()
  // A bit in a third of the pages behind those where tables begin, as a failing disk would flip it. Not in one of every three: what is written in
  // turns lies so, too, and all of one table could be missed.
  const harmed = await touchFiles(async () => {
    const root = await navigator.storage.getDirectory()
    const folder = await (await root.getDirectoryHandle('mepassa')).getDirectoryHandle('.opaque')
    let largest: File | undefined
    let name = ''
    for await (const [key, handle] of folder.entries()) {
      const file = await (handle as FileSystemFileHandle).getFile()
      if (largest && file.size <= largest.size) continue
      largest = file
      name = key
    }
    if (!largest) return 0
    const bytes = new Uint8Array(await largest.arrayBuffer())
    let count = 0
    for (let page = 66; 4_096 * (page + 1) < bytes.length; page++) {
      const mixed = Math.imul(page ^ (page >>> 3), 0x85eb_ca6b)
      if (((mixed ^ (mixed >>> 13)) >>> 0) % 3 > 0) continue
      const at = 4_096 * (page + 1) + 2_048
      bytes[at] = (bytes[at] ?? 0) ^ 1
      count++
    }
    const writing = await (await folder.getFileHandle(name)).createWritable()
    await writing.write(bytes)
    await writing.close()
    return count
  })
  expect(harmed).toBeGreaterThan(0)
  // Whichever page of the file is read first: damage is told as soon as it is met.
  await page.goto(`/${chat}`)
  await page.getByTestId('recover').click()
  const report = await page.getByTestId('recovered').innerText()
  const saved = Number(/Messages saved: (\d+)/.exec(report)?.[1])
  expect(saved).toBeGreaterThan(0)
  expect(report).toContain('Contacts saved: 1')
  await page.getByTestId('news-seen').click()
  await page.getByTestId('message-text').first().waitFor()
  const shown = await page.getByTestId('message-text').allInnerTexts()
  expect(shown.length).toBeGreaterThan(0)
  expect(shown.filter((text) => !texts.includes(text.trim()))).toEqual([])
  await send(page, 'and it goes on')
  // From a new device: nobody knows whether the sessions that were saved are the newest.
  await reached(page, 'and it goes on', ['sent', 'delivered'])
  await stepOutside()
  const folders = (await storedFiles()).map(([path]) => path.split('/')[1])
  expect(folders, 'a fresh database').toContain('mepassa-2')
  expect(folders, 'the damaged one is kept').toContain('mepassa')

  await page.goto('/#/settings/storage')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('kept-download').click(),
  ])
  expect(download.suggestedFilename()).toBe('mepassa-damaged.tar')
  expect((await stat(await download.path())).size).toBeGreaterThan(4_096 * harmed)
  await page.getByTestId('kept-delete').click()
  await page.getByTestId('kept-confirm').click()
  await page.getByTestId('kept-files').waitFor({ state: 'detached' })
  await stepOutside()
  const left = (await storedFiles()).map(([path]) => path.split('/')[1])
  expect(left.includes('mepassa'), 'the damaged one is gone').toBe(false)
  expect(left).toContain('mepassa-2')
})

test('evicted: it is said that the browser has deleted it, and a backup is what is offered', async () => {
  await stepOutside()
  await touchFiles(async () => {
    const root = await navigator.storage.getDirectory()
    for await (const name of root.keys()) await root.removeEntry(name, { recursive: true })
    return true
  })
  await page.goto('/')
  await page.getByTestId('boot-evicted').getByText('backup').waitFor()
  // Loading the page again changes nothing: nobody takes it for a new browser.
  await page.reload()
  await page.getByTestId('start-over').click()
  await page.getByTestId('name-input').waitFor()
  await page.getByTestId('restore-open').click()
  await page.getByTestId('restore-file').waitFor()
})

test('deleting everything leaves no file, key, cache or worker of before', async () => {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
    await caches.open('left by a version of before')
  })
  const looks = () =>
    page.evaluate(async () => ({
      databases: (await indexedDB.databases()).map(({ name }) => name),
      caches: await caches.keys(),
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      local: Object.keys(localStorage),
    }))
  /** Names of what lies in the box of notifications. */
  const box = () =>
    page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const opening = indexedDB.open('mepassa-push', 1)
          // The page that began anew may have had no time to leave words; then there is no box, and none is made here.
          opening.onupgradeneeded = () => opening.transaction?.abort()
          opening.onerror = () => resolve([])
          opening.onsuccess = () => {
            const asking = opening.result.transaction('box').objectStore('box').getAllKeys()
            asking.onsuccess = () => {
              opening.result.close()
              resolve(asking.result.map(String))
            }
          }
        })
    )
  const key = () =>
    page.evaluate(
      () =>
        new Promise<string>((resolve, reject) => {
          const opening = indexedDB.open('mepassa-keys', 1)
          opening.onupgradeneeded = () => opening.transaction?.abort()
          opening.onerror = () => reject(new Error('no keys'))
          opening.onsuccess = () => {
            const asking = opening.result.transaction('keys').objectStore('keys').getAll()
            asking.onsuccess = () => {
              opening.result.close()
              resolve(
                (asking.result as { wrapped: Uint8Array }[]).map(({ wrapped }) => wrapped.join(' ')).join()
              )
            }
          }
        })
    )
  await stepOutside()
  const before = { ...(await looks()), files: await storedFiles(), key: await key() }
  expect(before.workers).toBe(1)
  expect(before.databases).toContain('mepassa-keys')
  expect(before.local).toContain('mepassa-account')
  expect(before.files.length).toBeGreaterThan(3)

  // The page that begins anew is kept from installing its worker: what is there afterwards was left.
  await page.addInitScript(() => {
    navigator.serviceWorker.register = () => new Promise(() => undefined)
  })
  await page.goto('/#/settings/privacy')
  // The page of before may ask for a name already while it still deletes; the one that follows does not have this mark.
  await page.evaluate(() => document.documentElement.setAttribute('data-before', ''))
  await page.getByTestId('erase').click()
  await page.getByTestId('erase-confirm').click()
  await page.locator('html:not([data-before])').getByTestId('name-input').waitFor()
  // It has made a key and an empty database of its own, and left words for notifications; nothing else is there.
  await stepOutside()
  const after = { ...(await looks()), box: await box(), files: await storedFiles(), key: await key() }
  expect(after).toMatchObject({ caches: [], workers: 0 })
  expect(after.databases.filter((name) => name !== 'mepassa-keys' && name !== 'mepassa-push')).toEqual([])
  expect(after.box.filter((name) => name !== 'words' && name !== 'unread')).toEqual([])
  expect(after.local.filter((name) => name.includes('account'))).toEqual([])
  expect(after.key).not.toBe('')
  expect(after.key).not.toBe(before.key)
  const contents = new Set(before.files.map(([, digest]) => digest))
  const spare = new Set(
    before.files.map(([, digest]) => digest).filter((digest, at, all) => all.indexOf(digest) !== at)
  )
  expect(after.files.filter(([, digest]) => contents.has(digest) && !spare.has(digest))).toEqual([])
})

/** A backup made in one browser comes back in another that was empty, and the two people go on talking. */
import { expect, test } from 'vitest'
import { atHome, goTo, message, onboard, openChat, reached, send } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'
import { befriend, createWorld } from '../support/world.ts'
import { createClient } from '../../src/node/create-client.ts'
import { restoreBackup } from '../../src/ui/lib/backup.ts'
import { join } from 'node:path'

const PASSPHRASE = 'a parrot at noon'

test('history comes back on another browser, and both go on talking', async () => {
  await using world = await createWorld()
  const { ana, bia, relay } = world
  await using folder = await newFolder('ana-again')
  await befriend(world)
  await send(ana.page, 'from the old browser')
  await reached(ana.page, 'from the old browser', ['delivered', 'read'])
  await send(bia.page, 'an answer')
  await message(ana.page, 'an answer').waitFor()

  await goTo(ana.page, 'settings/appearance')
  await ana.page.getByLabel('Dark').check()
  await goTo(ana.page, 'settings/backup')
  const enter = async (): Promise<void> => {
    await ana.page.getByTestId('backup-passphrase').fill(PASSPHRASE)
    await ana.page.getByTestId('backup-again').fill(PASSPHRASE)
  }
  // To a place that was picked: the picker's window is the system's, so a file of the private file system stands for what it answers.
  await ana.page.evaluate(() => {
    const showSaveFilePicker = async () =>
      (await navigator.storage.getDirectory()).getFileHandle('picked', { create: true })
    Object.assign(window, { showSaveFilePicker })
  })
  await enter()
  await ana.page.getByTestId('save-backup').click()
  await ana.page.getByTestId('backup-saved').getByText('is saved').waitFor()
  const picked = await ana.page.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    return (await (await root.getFileHandle('picked')).getFile()).text()
  })
  expect(picked.startsWith('age-encryption.org/v1\n')).toBe(true)

  // Without the picker, as a download, of which nobody knows whether it arrives. It waits on the disk, where there may be no room.
  await ana.page.evaluate(() => Reflect.deleteProperty(window, 'showSaveFilePicker'))
  const waiting = () =>
    ana.page.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      const folder = await root.getDirectoryHandle('mepassa-downloads', { create: true })
      const names: string[] = []
      for await (const name of folder.keys()) names.push(name)
      return names.length
    })
  const devtools = await ana.browser.context.newCDPSession(ana.page)
  const origin = new URL(ana.page.url()).origin
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
  await enter()
  await ana.page.getByTestId('save-backup').click()
  await ana.page.locator('form [role="alert"]').getByText('not enough free space').waitFor()
  await devtools.send('Storage.overrideQuotaForOrigin', { origin })
  expect(await waiting(), 'nothing is left behind').toBe(0)
  await goTo(ana.page, 'settings/language')
  await ana.page.getByLabel('Português (Brasil)').check()
  await goTo(ana.page, 'settings/backup')
  await enter()
  const [download] = await Promise.all([
    ana.page.waitForEvent('download'),
    ana.page.getByTestId('save-backup').click(),
  ])
  const file = join(folder.path, download.suggestedFilename())
  await download.saveAs(file)
  await ana.page.getByTestId('backup-saved').getByText('começou').waitFor()
  expect(await waiting()).toBe(1)
  await ana.page.reload()
  await until('the next start has removed it', async () => (await waiting()) === 0)
  await ana.browser.kill()

  const again = await openBrowser({
    profile: join(folder.path, 'profile'),
    executable: ana.machine.executable,
    baseURL: relay.url,
  })
  const { page } = again
  await page.goto('/')
  await page.getByTestId('restore-open').click()
  await page.getByTestId('restore-file').setInputFiles(file)
  // A drive that is taken out before the file is read: what browsers throw then is thrown here by hand.
  await page.evaluate(() => {
    Object.assign(window, { kept: Blob.prototype.arrayBuffer })
    const arrayBuffer = async () => Promise.reject(new DOMException('gone', 'NotReadableError'))
    Object.assign(Blob.prototype, { arrayBuffer })
  })
  await page.getByTestId('restore-passphrase').fill(PASSPHRASE)
  await page.getByTestId('restore-start').click()
  await page.getByTestId('restore-error').getByText('cannot be read').waitFor()
  await page.evaluate(() => {
    const { kept } = window as unknown as { kept: Blob['arrayBuffer'] }
    Object.assign(Blob.prototype, { arrayBuffer: kept })
  })
  await page.getByTestId('restore-passphrase').fill('a parrot at moon')
  await page.getByTestId('restore-start').click()
  await page.getByTestId('restore-error').getByText('not the passphrase').waitFor()
  await page.getByTestId('restore-passphrase').fill(PASSPHRASE)
  await page.getByTestId('restore-start').click()
  await atHome(page)
  await page.locator('html[data-theme="dark"][lang="pt-BR"]').waitFor()
  await openChat(page, bia.name)
  await message(page, 'from the old browser').waitFor()
  await message(page, 'an answer').waitFor()

  await send(page, 'from the new browser')
  await message(bia.page, 'from the new browser').waitFor()
  await send(bia.page, 'welcome back')
  await message(page, 'welcome back').waitFor()
  expect(again.errors()).toEqual([])
  await again.close()
})

/**
 * The system's own picker cannot be operated by a test: a folder of the private file system stands for what it answers. The plan's rules are
 * tested in tests/browser/host.
 */
test('a backup in a folder that was chosen once opens with the recovery words alone, and the plan is there after a new start', async () => {
  await using stack = new AsyncDisposableStack()
  const data = stack.use(await newFolder('relay'))
  const relay = await startRelayProcess({ dataDir: data.path, env: { WEBRTC_PORT: 'off' } })
  stack.defer(() => relay.kill())
  const profile = stack.use(await newFolder('ana'))
  const ana = await openBrowser({ profile: profile.path, baseURL: relay.url })
  stack.defer(() => ana.kill())
  const { page } = ana
  await onboard(page, 'Ana of the folder')
  await goTo(page, 'settings/recovery')
  await page.getByTestId('show-words').click()
  await page.getByTestId('recovery-words').locator('li').nth(23).waitFor()
  const words = await page
    .getByTestId('recovery-words')
    .locator('li')
    .evaluateAll((items) => items.map((item) => item.lastChild?.textContent?.trim() ?? ''))
  expect(words).toHaveLength(24)

  await page.evaluate(() => {
    const showDirectoryPicker = async () =>
      (await navigator.storage.getDirectory()).getDirectoryHandle('Copies', { create: true })
    Object.assign(window, { showDirectoryPicker })
  })
  await goTo(page, 'settings/backup')
  await page.getByTestId('backup-folder').click()
  const files = () =>
    page.evaluate(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('Copies')
      const found: [string, number[]][] = []
      for await (const [name, handle] of folder.entries()) {
        const bytes = await (await (handle as FileSystemFileHandle).getFile()).arrayBuffer()
        // While one is written, the browser's own file lies beside it.
        if (bytes.byteLength > 0 && name.endsWith('.mepassa')) found.push([name, [...new Uint8Array(bytes)]])
      }
      return found
    })
  await until('the first backup is there', async () => (await files()).length > 0)
  const secondOf = (ms: number): number => Math.floor(ms / 1_000)
  const firstSecond = secondOf(Date.now())
  const [[name, bytes] = ['', []]] = await files()
  expect(name).toMatch(/^MePassa /)
  await page.getByTestId('backup-last').filter({ hasText: 'Last backup' }).waitFor()

  await page.reload()
  await page.getByTestId('backup-every').selectOption('week')
  await page.getByTestId('backup-last').filter({ hasText: 'Last backup' }).waitFor()
  // Files are named to the second: one of the same second would take the place of the first.
  await until('a second is over', () => secondOf(Date.now()) > firstSecond)
  await page.getByTestId('backup-now').click()
  await until('there are two', async () => (await files()).length === 2)
  expect(ana.errors()).toEqual([])

  const again = await createClient({ relay: relay.url, direct: false })
  stack.defer(() => again.close())
  const file = new Blob([new Uint8Array(bytes)])
  const refused = await restoreBackup(again, words.toReversed().join(' '), file, () => undefined)
  expect(refused).toEqual({ ok: false, error: { kind: 'input', reason: 'wrong-passphrase' } })
  const restored = await restoreBackup(again, words.join(' '), file, () => undefined)
  expect(restored).toMatchObject({ ok: true, value: { me: { name: 'Ana of the folder' } } })
})

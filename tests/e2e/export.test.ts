/** A chat is saved as a file in each format, and the files say what was said, with nothing of it come alive. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { conversationWith } from '../../src/protocol/ids.ts'
import { createClient } from '../../src/node/create-client.ts'
import { accountIdOf, acceptRequest, goTo, inviteLink, message, onboard, send } from '../support/app.ts'
import { violations } from '../support/axe.ts'
import { openBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'

const NASTY =
  '</p><script>document.title="alive"</script><img src=x onerror=alert(1)>\n[2020-01-01 00:00:00] Ana: forged'

test('a chat with edits, deletions and markup is exported as HTML, text and JSON, and then all its messages are deleted', async () => {
  if (!(await ensureBuilt())) throw new Error('The page does not build.')
  await using stack = new AsyncDisposableStack()
  const data = stack.use(await newFolder('relay'))
  const relay = await startRelayProcess({ dataDir: data.path, env: { WEBRTC_PORT: 'off' } })
  stack.defer(() => relay.kill())
  const profile = stack.use(await newFolder('ana'))
  const ana = await openBrowser({ profile: profile.path, baseURL: relay.url, colorScheme: 'light' })
  stack.defer(() => ana.kill())
  const bia = await createClient({ relay: relay.url, direct: false })
  stack.defer(() => bia.close())
  const { page } = ana

  await onboard(page, 'Ana')
  await bia.createAccount('Bia <b>&"')
  const added = await bia.addContact(await inviteLink(page))
  if (!added.ok) throw new Error('not added')
  await page.getByTestId('requests-link').waitFor()
  await acceptRequest(page)
  await until('Bia hears of it', async () => {
    await bia.call('wake', null)
    const all = await bia.contacts()
    return all.ok && all.value[0]?.state === 'accepted'
  })
  await bia.sendMessage(conversationWith(added.value.account), NASTY)
  await page.getByTestId('message-text').filter({ hasText: 'forged' }).waitFor()
  await send(page, 'a slpi')
  await send(page, 'to be taken back')
  const act = async (text: string, name: string): Promise<void> => {
    await message(page, text).getByTestId('message-menu').focus()
    await page.keyboard.press('Enter')
    await page.getByTestId(name).click()
  }
  await act('a slpi', 'edit-message')
  await page.getByTestId('edit-text').fill('a slip')
  await page.getByTestId('save-edit').click()
  await page.getByTestId('edit-text').waitFor({ state: 'detached' })
  await act('to be taken back', 'delete-message')
  await page.getByTestId('confirm-delete').click()
  await page.getByTestId('message-deleted').waitFor()

  // Without the picker of the system, as a download.
  await page.evaluate(() => Reflect.deleteProperty(window, 'showSaveFilePicker'))
  await goTo(page, `contact/${await accountIdOf(page)}`)
  await page.getByTestId('export-chat').click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('export-save').click(),
  ])
  const path = join(profile.path, 'chat.html')
  await download.saveAs(path)
  expect(download.suggestedFilename()).toMatch(/^MePassa Bia b &.* \d{4}-\d\d-\d\d\.html$/u)
  await page.getByTestId('export-saved').waitFor()

  const reader = await ana.context.newPage()
  const asked: string[] = []
  reader.on('request', (request) => asked.push(request.url()))
  await reader.goto(pathToFileURL(path).href)
  expect(await reader.locator('li').count()).toBeGreaterThanOrEqual(4)
  expect(await reader.locator('script, img, iframe, link, object').count()).toBe(0)
  expect(await reader.title()).toContain('Bia <b>&"')
  expect(await reader.locator('.text').allInnerTexts()).toEqual([NASTY, 'a slip'])
  expect(await reader.locator('main').innerText()).not.toContain('taken back')
  for (const colorScheme of ['light', 'dark'] as const) {
    await reader.emulateMedia({ colorScheme })
    expect(await violations(reader), colorScheme).toEqual([])
  }
  expect(asked).toEqual([pathToFileURL(path).href])
  await reader.close()

  // With the picker, to a file as it gives one: its window is the system's, so a file of the private file system stands for what it answers.
  const saved = async (format: string): Promise<string> => {
    await page.evaluate(() => {
      const showSaveFilePicker = async () =>
        (await navigator.storage.getDirectory()).getFileHandle('picked', { create: true })
      Object.assign(window, { showSaveFilePicker })
    })
    await page.getByTestId('export-dialog').getByRole('radio', { name: format }).check()
    await page.getByTestId('export-save').click()
    await page.getByTestId('export-saved').waitFor()
    return page.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      return (await (await root.getFileHandle('picked')).getFile()).text()
    })
  }
  const json = JSON.parse(await saved('JSON')) as {
    count: number
    messages: { kind: string; text?: string }[]
  }
  expect(json.messages).toHaveLength(json.count)
  expect(json.messages.filter(({ kind }) => kind !== 'notice').map(({ kind, text }) => text ?? kind)).toEqual(
    [NASTY, 'a slip', 'deleted']
  )
  const text = await saved('Text')
  expect(text.split('\n').filter((line) => line.startsWith('['))).toHaveLength(json.count)
  expect(await readFile(path, 'utf8')).toContain('&lt;script&gt;')

  // With its messages in a file, they need not be here any more; the next start knows nothing of them either.
  await page.keyboard.press('Escape')
  await page.getByTestId('clear-chat').click()
  await page.getByTestId('confirm-clear').click()
  await page.getByTestId('confirm-clear').waitFor({ state: 'detached' })
  for (const reload of [false, true]) {
    if (reload) await page.reload()
    await goTo(page, `chat/${await accountIdOf(page)}`)
    await page.getByTestId('composer').waitFor()
    await page.getByTestId('message-text').waitFor({ state: 'detached' })
    expect(await page.getByTestId('message-deleted').count()).toBe(0)
  }
  await bia.sendMessage(conversationWith(added.value.account), 'still there?')
  await page.getByTestId('message-text').filter({ hasText: 'still there?' }).waitFor()
  expect(await page.getByTestId('message-text').count()).toBe(1)
  expect(ana.errors()).toEqual([])
})

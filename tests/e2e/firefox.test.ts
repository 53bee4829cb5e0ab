/** The main job in Firefox: from the first page to a history that stays, with somebody who uses Chromium. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { addByLink, message, onboard, reached, send } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { byId, go, inviteLinkIn, onboardIn, sendIn, textsIn } from '../support/firefox-app.ts'
import { launchFirefox, newFirefoxPage } from '../support/firefox.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'
import { createClient } from '../../src/node/create-client.ts'
import { restoreBackup } from '../../src/ui/lib/backup.ts'

const PASSPHRASE = 'a parrot at noon'
const WORDS = ['Oi Bia!', 'Daqui é a Ana.', 'Tudo bem?', 'Tudo ótimo!', 'Que bom.']

test('somebody in Firefox meets somebody in Chromium, both write, and all is there after a reload and a restart', async () => {
  expect(await ensureBuilt()).toBe(true)
  await using stack = new AsyncDisposableStack()
  const folder = async (name: string): Promise<string> => stack.use(await newFolder(name)).path
  const relay = await startRelayProcess({ dataDir: await folder('relay') })
  stack.defer(() => relay.kill())
  const bia = await openBrowser({ profile: await folder('bia'), baseURL: relay.url })
  stack.defer(() => bia.close())
  const profile = await folder('ana')
  let firefox = await launchFirefox({ profile })
  stack.defer(() => firefox.close())
  let ana = await newFirefoxPage(firefox)

  await Promise.all([onboardIn(ana, relay.url, 'Ana'), onboard(bia.page, 'Bia')])
  await addByLink(bia.page, await inviteLinkIn(ana))
  await go(ana, 'requests')
  await ana.locator(byId('accept-request')).click()
  await sendIn(ana, 'Oi Bia!')
  await sendIn(ana, 'Daqui é a Ana.')
  await message(bia.page, 'Daqui é a Ana.').waitFor()
  await send(bia.page, 'Tudo bem?')
  await send(bia.page, 'Tudo ótimo!')
  await reached(bia.page, 'Tudo ótimo!', ['read'])
  await ana.locator('[data-testid="path-indicator"][data-path="direct"]').wait()
  await sendIn(ana, 'Que bom.')
  await message(bia.page, 'Que bom.').waitFor()

  await ana.reload()
  await until('all is there again', async () => (await textsIn(ana)).length === WORDS.length)
  expect(await textsIn(ana)).toEqual(WORDS)

  await firefox.close()
  await send(bia.page, 'Ainda aí?')
  const downloads = await folder('downloads')
  const prefs = { 'browser.download.folderList': 2, 'browser.download.dir': downloads }
  firefox = await launchFirefox({ profile, prefs })
  ana = await newFirefoxPage(firefox)
  await ana.goto(relay.url)
  await ana.locator(byId('chat-row')).click()
  await until('what came meanwhile is there', async () => (await textsIn(ana)).length === WORDS.length + 1)
  expect(await textsIn(ana)).toEqual([...WORDS, 'Ainda aí?'])

  await go(ana, 'settings/backup')
  await ana.locator(byId('backup-passphrase')).fill(PASSPHRASE)
  await ana.locator(byId('backup-again')).fill(PASSPHRASE)
  await ana.locator(byId('save-backup')).click()
  await ana.locator(byId('backup-saved')).wait()
  /** Until it is whole, Firefox has an empty file of its name and another one beside it. */
  const saved = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const [name, ...others] = await readdir(downloads)
    if (name === undefined || others.length > 0) return undefined
    const bytes = new Uint8Array(await readFile(join(downloads, name)))
    return bytes.length > 0 ? bytes : undefined
  }
  const bytes = await until('the download is there', saved)
  const again = await createClient({ relay: relay.url, direct: false })
  stack.defer(() => again.close())
  const file = new Blob([bytes])
  expect(await restoreBackup(again, PASSPHRASE, file, () => undefined)).toMatchObject({
    ok: true,
    value: { me: { name: 'Ana' } },
  })
})

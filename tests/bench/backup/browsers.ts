/** A backup is restored and saved again by hand in a real browser; both engines do what they do where there is no window for saving. */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ElementHandle } from 'puppeteer-core'
import { atHome, goTo } from '../../support/app.ts'
import { openBrowser } from '../../support/browser.ts'
import { byId, go } from '../../support/firefox-app.ts'
import { launchFirefox, newFirefoxPage } from '../../support/firefox.ts'
import { until } from '../../support/until.ts'
import { PASSPHRASE } from './make-file.ts'
import { peakWhile, type Peak } from './peak-memory.ts'

/** Ms for either, and between two looks. */
const LONG = 15 * 60_000
const LOOK = 500

export interface Task {
  /** An empty folder. */
  readonly folder: string
  readonly relay: string
  /** The backup. */
  readonly file: string
}
export interface Peaks {
  readonly restore: Peak
  readonly save: Peak
  /** Bytes of the file that was saved. */
  readonly saved: number
}

export const inChromium = async ({ folder, relay, file }: Task): Promise<Peaks> => {
  const browser = await openBrowser({ profile: join(folder, 'profile'), baseURL: relay })
  try {
    const { page } = browser
    await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'))
    await page.goto('/')
    await page.getByTestId('restore-open').click()
    await page.getByTestId('restore-file').setInputFiles(file)
    await page.getByTestId('restore-passphrase').fill(PASSPHRASE)
    const restore = await peakWhile(browser.pid, async () => {
      await page.getByTestId('restore-start').click()
      await page.getByTestId('name-input').waitFor({ state: 'detached', timeout: LONG })
      await atHome(page)
    })
    await goTo(page, 'settings/backup')
    await page.getByTestId('backup-passphrase').fill(PASSPHRASE)
    await page.getByTestId('backup-again').fill(PASSPHRASE)
    let path = ''
    const save = await peakWhile(browser.pid, async () => {
      const begun = page.waitForEvent('download', { timeout: LONG })
      await page.getByTestId('save-backup').click()
      path = await (await begun).path()
    })
    return { restore, save, saved: (await stat(path)).size }
  } finally {
    await browser.close()
  }
}

export const inFirefox = async ({ folder, relay, file }: Task): Promise<Peaks> => {
  const downloads = join(folder, 'downloads')
  await mkdir(downloads)
  const prefs = { 'browser.download.folderList': 2, 'browser.download.dir': downloads }
  const profile = join(folder, 'profile')
  await mkdir(profile)
  const browser = await launchFirefox({ profile, prefs })
  const { pid } = browser.process() ?? {}
  if (pid === undefined) throw new Error('Firefox has no process.')
  try {
    const page = await newFirefoxPage(browser)
    await page.goto(relay)
    await page.locator(byId('restore-open')).click()
    const input = (await page.$(byId('restore-file'))) as ElementHandle<HTMLInputElement> | null
    if (!input) throw new Error('there is no field for the file')
    await input.uploadFile(file)
    await page.locator(byId('restore-passphrase')).fill(PASSPHRASE)
    const restore = await peakWhile(pid, async () => {
      await page.locator(byId('restore-start')).click()
      // Each look is a call of its own: Firefox's driver waits no longer than some minutes for one.
      await until('the chat list', () => page.$('a[href="#/add"]'), { timeout: LONG, every: LOOK })
    })
    await go(page, 'settings/backup')
    await page.locator(byId('backup-passphrase')).fill(PASSPHRASE)
    await page.locator(byId('backup-again')).fill(PASSPHRASE)
    let saved = 0
    const save = await peakWhile(pid, async () => {
      await page.locator(byId('save-backup')).click()
      await until('the end', () => page.$(byId('backup-saved')), { timeout: LONG, every: LOOK })
      // Until it is whole, Firefox has an empty file of its name and another one beside it.
      saved = await until('the download is there', async () => {
        const [name, ...others] = await readdir(downloads)
        return name === undefined || others.length > 0 ? 0 : (await stat(join(downloads, name))).size
      })
    })
    return { restore, save, saved }
  } finally {
    await browser.close()
  }
}

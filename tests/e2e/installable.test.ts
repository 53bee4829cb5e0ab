/** What the browser itself says: the app can be installed, its manifest and pictures are what they claim, and its answer on keeping the data is shown. */
import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { goTo, onboard } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import english from '../../messages/en.json' with { type: 'json' }

interface Picture {
  readonly src: string
  readonly sizes: string
  readonly purpose?: string
  readonly form_factor?: string
}
interface Manifest {
  readonly icons: readonly Picture[]
  readonly screenshots: readonly Picture[]
}

/** Part of the width within which a maskable icon keeps its mark, whatever the system cuts off. */
const SAFE = 0.8

test('Chromium would install it; its answer on keeping the data is shown, and changes when the person grants it; licences open beside it', async () => {
  if (!(await ensureBuilt())) throw new Error('The page does not build.')
  await using data = await newFolder('relay')
  await using profile = await newFolder('installer')
  const relay = await startRelayProcess({ dataDir: data.path })
  const browser = await openBrowser({ profile: profile.path, baseURL: relay.url })
  const { page } = browser
  await onboard(page, 'Ana')
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))

  const devTools = await browser.context.newCDPSession(page)
  expect(await devTools.send('Page.getInstallabilityErrors')).toEqual({ installabilityErrors: [] })
  const manifest = await devTools.send('Page.getAppManifest')
  expect(manifest.url).toBe(`${relay.url}/manifest.webmanifest`)
  expect(manifest.errors).toEqual([])
  const { icons, screenshots } = JSON.parse(manifest.data ?? '') as Manifest
  expect(icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`)).toEqual(
    expect.arrayContaining(['192x192 any', '512x512 any', '512x512 maskable'])
  )
  expect(screenshots.map(({ form_factor }) => form_factor).sort()).toEqual(['narrow', 'wide'])
  for (const { src, sizes } of [...icons, ...screenshots].filter(({ sizes: size }) => size !== 'any'))
    expect(`${src} ${(await lookAt(page, src)).size}`).toBe(`${src} ${sizes}`)
  const maskable = icons.find(({ purpose }) => purpose === 'maskable')?.src ?? ''
  expect((await lookAt(page, maskable)).reach).toBeLessThanOrEqual(SAFE)
  // The measure sees a mark that goes further: the plain icon's does.
  const plain = icons.find(({ sizes, purpose }) => sizes === '512x512' && purpose === 'any')?.src ?? ''
  expect((await lookAt(page, plain)).reach).toBeGreaterThan(SAFE)

  // Chromium refuses a page that is new to it, until the person says otherwise.
  expect(await page.evaluate(() => navigator.storage.persisted())).toBe(false)
  await page.getByTestId('storage-answer').getByText(english.storage_note_denied).waitFor()
  await goTo(page, 'settings/storage')
  await page.getByTestId('storage-health').getByText(english.storage_denied).waitFor()
  await devTools.send('Browser.setPermission', {
    permission: { name: 'persistent-storage' },
    setting: 'granted',
    origin: relay.url,
  })
  await page.getByTestId('ask-persist').click()
  await page.getByTestId('storage-health').getByText(english.storage_granted).waitFor()
  expect(await page.evaluate(() => navigator.storage.persisted())).toBe(true)
  await goTo(page, '')
  await page.getByTestId('storage-answer').getByText(english.storage_note_granted).waitFor()

  // What the libraries' authors ask for comes with the page, past the worker that answers for the app.
  await goTo(page, 'settings/about')
  const opened = page.context().waitForEvent('page')
  await page.getByTestId('licences').click()
  const licences = await opened
  await licences.getByText('## svelte - ').waitFor()

  await browser.close()
  await relay.stop()
})

/** A picture as the browser decodes it: its size, and how far from the middle (1: half the width) something differs from its corner. */
const lookAt = (page: Page, src: string): Promise<{ readonly size: string; readonly reach: number }> =>
  page.evaluate(async (address) => {
    const picture = await createImageBitmap(await (await fetch(address)).blob())
    const { width, height } = picture
    const context = new OffscreenCanvas(width, height).getContext('2d')
    if (!context) throw new Error('no canvas')
    context.drawImage(picture, 0, 0)
    const { data } = context.getImageData(0, 0, width, height)
    const isGround = (pixel: number): boolean =>
      [0, 1, 2, 3].every((part) => data[4 * pixel + part] === data[part])
    let reach = 0
    for (let pixel = 0; pixel < width * height; pixel++) {
      if (isGround(pixel)) continue
      const [x, y] = [(pixel % width) - width / 2, Math.floor(pixel / width) - height / 2]
      reach = Math.max(reach, Math.hypot(x, y) / (width / 2))
    }
    return { size: `${width}x${height}`, reach }
  }, src)

/** Every screen and state can be seen, operated and heard: axe finds nothing, in both themes, on a phone and beside the list. */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findChromium } from '../../scripts/lib/find-chromium.ts'
import { violations, type Look } from '../support/axe.ts'
import { CHROMIUM_FLAGS } from '../support/chromium.ts'
import { openGallery, showScreen, type Gallery } from '../support/gallery.ts'
import { SCREENS } from '../support/screens.ts'
import { PATIENCE } from '../support/until.ts'

const VIEWS = [
  { name: 'narrow phone', width: 320, height: 640 },
  { name: 'desktop', width: 1280, height: 800 },
] as const

let gallery: Gallery
let browser: Browser
let context: BrowserContext
let page: Page
let errors: string[] = []

beforeAll(async () => {
  gallery = await openGallery()
  const executablePath = findChromium()
  browser = await chromium.launch({
    ...(executablePath === null ? {} : { executablePath }),
    args: [...CHROMIUM_FLAGS],
  })
  context = await browser.newContext({ permissions: ['camera'] })
  page = await context.newPage()
  page.setDefaultTimeout(PATIENCE)
  page.on('pageerror', (error) => errors.push(error.message))
  // A forbidden style, script or sink of the content security policy is told here too.
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
})

afterAll(async () => {
  await browser.close()
  await gallery[Symbol.asyncDispose]()
})

test('no two screens share a name', () => {
  expect(new Set(SCREENS.map(({ id }) => id)).size).toBe(SCREENS.length)
})

test.each(SCREENS)('$id', async (screen) => {
  errors = []
  const found: string[] = []
  const look = async (where: string, how?: Look): Promise<void> => {
    found.push(...(await violations(page, how)).map((line) => `${where}: ${line}`))
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await showScreen(page, gallery, screen)
  for (const view of VIEWS) {
    await page.setViewportSize(view)
    await page.emulateMedia({ colorScheme: 'light' })
    await look(`${view.name}, light`)
    // The other theme has the same elements in other colours.
    await page.emulateMedia({ colorScheme: 'dark' })
    await look(`${view.name}, dark`, { rules: ['color-contrast'] })
    if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth))
      found.push(`${view.name}: wider than the window`)
  }
  expect(found).toEqual([])
  expect(errors).toEqual([])
})

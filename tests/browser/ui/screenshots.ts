/**
 * Takes the manifest's pictures anew: `node tests/browser/ui/screenshots.ts`, after the interface has changed. The machine needs a font with
 * emoji (Debian: fonts-noto-color-emoji).
 */
import { chromium } from 'playwright'
import { requireChromium } from '../../../scripts/lib/chromium.ts'
import { openGallery } from '../../support/gallery.ts'
import { chatNumber } from '../../support/sample-people.ts'

const PICTURES = [
  { path: 'public/screenshots/wide.png', width: 1280, height: 800 },
  { path: 'public/screenshots/narrow.png', width: 390, height: 844 },
] as const

await using gallery = await openGallery()
const browser = await chromium.launch({ executablePath: await requireChromium(), args: ['--no-sandbox'] })
const page = await browser.newPage({ colorScheme: 'light', reducedMotion: 'reduce' })
for (const { path, width, height } of PICTURES) {
  await page.setViewportSize({ width, height })
  await page.goto(gallery.urlOfScript('showcase', `#/chat/${chatNumber(1)}`))
  await page.getByTestId('message').last().waitFor()
  // The field would show a cursor that blinks.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.screenshot({ path, caret: 'hide', animations: 'disabled' })
}
await browser.close()

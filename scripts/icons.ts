/** Draws the PNG icons from `public/favicon.svg`: `node scripts/icons.ts`, after the logo has changed. */
import { readFile } from 'node:fs/promises'
import { chromium } from 'playwright'
import { requireChromium } from './lib/chromium.ts'

interface Icon {
  readonly path: string
  readonly size: number
  /** Part of the width that the mark takes; a maskable icon keeps it within the safe circle. */
  readonly mark: number
  readonly background: string
}

const ICONS: readonly Icon[] = [
  { path: 'public/icons/icon-192.png', size: 192, mark: 0.94, background: 'transparent' },
  { path: 'public/icons/icon-512.png', size: 512, mark: 0.94, background: 'transparent' },
  { path: 'public/icons/maskable-512.png', size: 512, mark: 0.58, background: '#f3eefc' },
  { path: 'public/apple-touch-icon.png', size: 180, mark: 0.72, background: '#f3eefc' },
]

const logo = await readFile('public/favicon.svg', 'utf8')
const browser = await chromium.launch({ executablePath: await requireChromium(), args: ['--no-sandbox'] })
const page = await browser.newPage()
for (const { path, size, mark, background } of ICONS) {
  await page.setViewportSize({ width: size, height: size })
  const width = Math.round(size * mark)
  await page.setContent(
    `<body style="margin:0;background:${background};height:${size}px;display:grid;place-items:center"><div style="width:${width}px;height:${width}px">${logo}</div></body>`
  )
  await page.screenshot({ path, omitBackground: true })
}
await browser.close()

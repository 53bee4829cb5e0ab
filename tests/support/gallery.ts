/** The gallery of all screens, built as the product is and served under a policy at least as strict as the relay's. */
import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Page } from 'playwright'
import { build, preview } from 'vite'
import { newFolder } from './profile.ts'
import type { Screen, Step } from './screens.ts'

/** No inline code, no inline styles, and only the named makers of trusted markup and addresses. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html mepassa-service-worker',
].join('; ')

export interface Gallery extends AsyncDisposable {
  /** Address of a screen. */
  urlOf(screen: Screen): string
  /** Address of a part for the scripted client, at a fragment. */
  urlOfScript(script: string, hash: string): string
}

/** Builds and serves it on a free port. */
export async function openGallery(): Promise<Gallery> {
  const folder = await newFolder('gallery')
  const shared = { configFile: false, logLevel: 'error', publicDir: 'public' } as const
  await build({
    ...shared,
    plugins: [svelte()],
    build: {
      target: 'esnext',
      outDir: folder.path,
      emptyOutDir: true,
      minify: false,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: { input: 'tests/browser/ui/gallery.html' },
    },
  })
  const server = await preview({
    ...shared,
    build: { outDir: folder.path },
    preview: { host: '127.0.0.1', port: 0, headers: { 'content-security-policy': POLICY } },
  })
  const base = `${server.resolvedUrls?.local[0] ?? ''}tests/browser/ui/gallery.html`
  return {
    urlOf: (screen) => `${base}?screen=${screen.id}${screen.hash}`,
    urlOfScript: (script, hash) => `${base}?script=${script}${hash}`,
    async [Symbol.asyncDispose]() {
      await server.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

const take = async (page: Page, step: Step): Promise<void> => {
  if ('click' in step) await page.getByTestId(step.click).first().click()
  else if ('fill' in step) await page.getByTestId(step.fill).fill(step.text)
  else if ('press' in step) await page.keyboard.press(step.press)
  else if ('search' in step) await page.locator('[data-search]').fill(step.search)
  else await page.getByTestId(step.see).first().waitFor()
}

/** Opens a screen and does its steps; what moves has come to rest. */
export async function showScreen(page: Page, gallery: Gallery, screen: Screen): Promise<void> {
  await page.goto(gallery.urlOf(screen))
  await page.locator('#app > *').first().waitFor()
  for (const step of screen.steps ?? []) await take(page, step)
  await page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
    await Promise.all(document.getAnimations().map((animation) => animation.finished))
  })
}

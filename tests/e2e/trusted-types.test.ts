/** The policy of the page, in a real browser over the app's screens: nothing of ours breaks it, and what would break it is stopped. */
import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { SETTINGS_SECTIONS } from '../../src/ui/lib/route.ts'
import { accountIdOf, atHome, goTo, message, send } from '../support/app.ts'
import { until } from '../support/until.ts'
import { befriend, createWorld } from '../support/world.ts'

const SETTINGS = SETTINGS_SECTIONS.map((section) => `settings/${section}`)

declare global {
  interface Window {
    violations: string[]
  }
}

const watch = async (page: Page): Promise<void> => {
  await page.addInitScript(() => {
    window.violations = []
    document.addEventListener('securitypolicyviolation', (event) =>
      window.violations.push(`${event.effectiveDirective} ${event.sourceFile}:${event.lineNumber}`)
    )
  })
}
const violations = (page: Page): Promise<string[]> => page.evaluate(() => window.violations)
const shows = (page: Page): Promise<void> => page.locator('main, [role="main"], h1').first().waitFor()

test('no screen breaks the policy, and markup out of text is stopped', async () => {
  await using world = await createWorld()
  const { ana, bia } = world
  await Promise.all([watch(ana.page), watch(bia.page)])
  await befriend(world)
  const response = await ana.page.request.get('/')
  expect(response.headers()['content-security-policy']).toContain("require-trusted-types-for 'script'")

  const text = 'see https://example.org/?a=<b> and <img src=x onerror=alert(1)>'
  await send(bia.page, text)
  await message(ana.page, text).waitFor()
  const account = await accountIdOf(ana.page)
  for (const place of [
    '',
    'add',
    'requests',
    `contact/${account}`,
    `chat/${account}`,
    'settings',
    ...SETTINGS,
  ]) {
    await goTo(ana.page, place)
    await shows(ana.page)
  }
  // A page that is controlled by the service worker, with its core worker started anew.
  await until('the service worker controls the page', () =>
    ana.page.evaluate(() => navigator.serviceWorker.getRegistration().then((one) => one?.active !== null))
  )
  await ana.page.goto('/')
  await atHome(ana.page)
  expect(await violations(ana.page)).toEqual([])
  expect(await violations(bia.page)).toEqual([])
  expect(
    ana.browser.errors().filter((error) => /Content Security Policy|TrustedHTML|TrustedScript/.test(error))
  ).toEqual([])

  const stopped = await ana.page.evaluate(() => {
    try {
      document.body.innerHTML = '<p>text</p>'
      return 'taken'
    } catch (error) {
      return (error as Error).name
    }
  })
  expect(stopped).toBe('TypeError')
  await until('the browser tells of it', async () => (await violations(ana.page)).length > 0)
  expect((await violations(ana.page))[0]).toMatch(/^require-trusted-types-for/)
})

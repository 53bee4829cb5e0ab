/** What people do with the app in Firefox, as `app.ts` has it for Chromium. */
import type { Page } from 'puppeteer-core'
import { until } from './until.ts'

export const byId = (id: string): string => `[data-testid="${id}"]`

/** Leads to a place within the app. */
export const go = (page: Page, place: string): Promise<void> =>
  page.evaluate((hash) => {
    location.hash = hash
  }, `#/${place}`)

/** From the first page to the chat list. */
export const onboardIn = async (page: Page, url: string, name: string): Promise<void> => {
  await page.goto(url)
  await page.locator(byId('name-input')).fill(name)
  await page.locator(byId('create-account')).click()
  await page.locator('a[href="#/add"]').wait()
}

/** One's own invite link. */
export const inviteLinkIn = async (page: Page): Promise<string> => {
  await go(page, 'add')
  await page.locator(byId('invite-link')).wait()
  return page.$eval(byId('invite-link'), (input) => (input as HTMLInputElement).value)
}

/** Writes into the open conversation, and sends. */
export const sendIn = async (page: Page, text: string): Promise<void> => {
  const composer = await page.locator(byId('composer')).waitHandle()
  await composer.type(text)
  await composer.press('Enter')
  await until('the field is free again', () =>
    page.$eval(byId('composer'), (field) => (field as HTMLTextAreaElement).value === '')
  )
}

/** Texts of a short conversation that is open. */
export const textsIn = (page: Page): Promise<readonly string[]> =>
  page.$$eval(`${byId('message')} ${byId('message-text')}`, (all) =>
    all.map(({ textContent }) => textContent)
  )

/** What people do with the app, by roles and test ids, so that words and looks can change. */
import type { Locator, Page } from 'playwright'
import { PATIENCE, until } from './until.ts'

export type PathName = 'direct' | 'relay' | 'waiting'

/** The chat list is there and can be used. */
export const atHome = (page: Page): Promise<void> => page.locator('a[href="#/add"]').first().waitFor()

/** Leads to a place within the app, such as `add` or `settings/connection`. */
export const goTo = (page: Page, place: string): Promise<void> =>
  page.evaluate((hash) => {
    location.hash = hash
  }, `#/${place}`)

/** From the first page to the chat list. */
export const onboard = async (page: Page, name: string): Promise<void> => {
  await page.goto('/')
  await page.getByTestId('name-input').fill(name)
  await page.getByTestId('create-account').click()
  await atHome(page)
}

/** One's own invite link. */
export const inviteLink = async (page: Page): Promise<string> => {
  await goTo(page, 'add')
  return page.getByTestId('invite-link').inputValue()
}

/** Pastes somebody's link and says yes to the question. */
export const addByLink = async (page: Page, link: string): Promise<void> => {
  await goTo(page, 'add')
  await page.getByTestId('paste-link').fill(link)
  await page.getByTestId('paste-link').press('Enter')
  await page.getByTestId('confirm-add').click()
  await page.getByTestId('composer').waitFor()
}

/** Accepts the one request there is; ends in the conversation. */
export const acceptRequest = async (page: Page): Promise<void> => {
  await goTo(page, 'requests')
  await page.getByTestId('accept-request').click()
  await page.getByTestId('composer').waitFor()
}

/** Opens the conversation with a person by name. */
export const openChat = async (page: Page, name: string): Promise<void> => {
  await page.getByTestId('chat-row').filter({ hasText: name }).click()
  await page.getByTestId('composer').waitFor()
}

/** Writes and sends; it is in the list when this is over. */
export const send = async (page: Page, text: string): Promise<void> => {
  const composer = page.getByTestId('composer')
  await composer.fill(text)
  await composer.press('Enter')
  await until('the field is free again', async () => (await composer.inputValue()) === '')
}

/** Sends `count` messages that nobody mixes up: `<who> 1 …`, each `size` characters long at least. */
export const sendMany = async (
  page: Page,
  who: string,
  count: number,
  size = 0
): Promise<readonly string[]> => {
  const texts = numbered(who, count, size)
  for (const text of texts) await send(page, text)
  return texts
}

/** The texts that `sendMany` sends. */
export const numbered = (who: string, count: number, size = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${who} ${index + 1} `.padEnd(size, 'palavra ').trim())

/** A message with this text, in the part of the list that is shown. */
export const message = (page: Page, text: string): Locator =>
  page
    .getByTestId('message')
    .filter({ has: page.getByTestId('message-text').getByText(text, { exact: true }) })

/** Waits until messages to the open conversation take this path. */
export const pathIs = (page: Page, path: PathName, timeout = PATIENCE): Promise<void> =>
  page.locator(`[data-testid="path-indicator"][data-path="${path}"]`).waitFor({ timeout })

/** Waits until the newest own message that is shown is in one of these states. */
export const reached = (
  page: Page,
  text: string,
  states: readonly string[],
  timeout = PATIENCE
): Promise<void> =>
  message(page, text)
    .and(page.locator(states.map((state) => `[data-state="${state}"]`).join(',')))
    .waitFor({ timeout })

/** Account id of the contact whose conversation is open. */
export const accountIdOf = (page: Page): Promise<string> =>
  page.evaluate(() => /^#\/(?:chat|contact)\/([0-9a-f-]{36})/.exec(location.hash)?.[1] ?? '')

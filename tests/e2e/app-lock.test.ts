/**
 * The app lock with a passphrase and a passkey. The passkey is Chromium's virtual authenticator (DevTools protocol): a platform authenticator
 * with user verification and the PRF extension, as the browser itself tests with.
 */
import type { CDPSession } from 'playwright'
import { expect, test } from 'vitest'
import { ensureBuilt } from '../../scripts/lib/build.ts'
import { goTo, onboard } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { newFolder } from '../support/profile.ts'
import { startRelayProcess } from '../support/relay-process.ts'

const PASSPHRASE = 'a parrot at noon'
const CHANGED = 'two parrots at noon'

const addAuthenticator = async (cdp: CDPSession, hasPrf: boolean): Promise<string> => {
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return authenticatorId
}

test('a passkey opens the lock beside the passphrase, also after that has changed, and no more once it is removed', async () => {
  if (!(await ensureBuilt())) throw new Error('The page does not build.')
  await using stack = new AsyncDisposableStack()
  const data = stack.use(await newFolder('relay'))
  const relay = await startRelayProcess({ dataDir: data.path, env: { WEBRTC_PORT: 'off' } })
  stack.defer(() => relay.kill())
  const profile = stack.use(await newFolder('ana'))
  const browser = await openBrowser({ profile: profile.path, baseURL: relay.url })
  stack.defer(() => browser.kill())
  const { page } = browser
  const cdp = await browser.context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const plain = await addAuthenticator(cdp, false)

  await onboard(page, 'Ana')
  await goTo(page, 'settings/privacy')
  await page.getByTestId('lock-change').click()
  await page.getByTestId('lock-new').fill(PASSPHRASE)
  await page.getByTestId('lock-again').fill(PASSPHRASE)
  await page.getByTestId('lock-save').click()

  const add = async (passphrase: string): Promise<void> => {
    await page.getByTestId('passkey-current').fill(passphrase)
    await page.getByTestId('passkey-make').click()
  }
  const refused = page.locator('form').getByRole('alert')
  await page.getByTestId('passkey-add').click()
  await add('wrong words')
  await refused.getByText('passphrase').waitFor()
  expect((await cdp.send('WebAuthn.getCredentials', { authenticatorId: plain })).credentials).toEqual([])
  // A passkey that keeps no secret for pages: said, and nothing has changed.
  await add(PASSPHRASE)
  await refused.getByText('cannot open the lock').waitFor()
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: plain })
  const authenticatorId = await addAuthenticator(cdp, true)
  await add(PASSPHRASE)
  await page.getByTestId('passkey-remove').waitFor()

  const lock = async (): Promise<void> => {
    await page.getByTestId('lock-now').click()
    await page.getByTestId('unlock-passkey').waitFor()
  }
  const unlocked = (): Promise<void> => page.getByTestId('lock-now').waitFor()
  await lock()
  await page.getByTestId('unlock-passkey').click()
  await unlocked()
  // A new start, in which no worker has ever held the key.
  await page.reload()
  await page.getByTestId('unlock-passkey').click()
  await unlocked()

  await page.getByTestId('lock-change').click()
  await page.getByTestId('lock-current').fill(PASSPHRASE)
  await page.getByTestId('lock-new').fill(CHANGED)
  await page.getByTestId('lock-again').fill(CHANGED)
  await page.getByTestId('lock-save').click()
  await lock()
  await page.getByTestId('unlock-passkey').click()
  await unlocked()

  // The person turns away: it is said, and the passphrase opens.
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  await lock()
  await page.getByTestId('unlock-passkey').click()
  await page.getByTestId('boot-locked').getByRole('alert').waitFor()
  await page.getByTestId('unlock-passphrase').fill(PASSPHRASE)
  await page.getByTestId('unlock').click()
  await page.getByTestId('boot-locked').getByText('That is not the passphrase').waitFor()
  await page.getByTestId('unlock-passphrase').fill(CHANGED)
  await page.getByTestId('unlock').click()
  await unlocked()

  await page.getByTestId('passkey-remove').click()
  await page.getByTestId('passkey-add').waitFor()
  await page.getByTestId('lock-now').click()
  await page.getByTestId('unlock-passphrase').waitFor()
  expect(await page.getByTestId('unlock-passkey').count()).toBe(0)
  await page.getByTestId('unlock-passphrase').fill(CHANGED)
  await page.getByTestId('unlock').click()
  await unlocked()
  expect(browser.errors()).toEqual([])
})

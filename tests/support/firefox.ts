/** A real Firefox on a profile folder, driven by WebDriver BiDi: Playwright drives only builds of its own. */
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { findFirefox } from '../../scripts/lib/firefox.ts'
import { PATIENCE } from './until.ts'

export interface FirefoxOptions {
  /** The profile folder; opening it again finds what was left in it. A new one unless told, gone when it is closed. */
  readonly profile?: string
  /** Settings as `about:config` names them. */
  readonly prefs?: Readonly<Record<string, string | number | boolean>>
}

/** What lets two browsers on one machine find each other: neither are addresses hidden behind mDNS names, nor is loopback left out. */
const PREFS = {
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
}

/** Starts it. */
export const launchFirefox = ({ profile, prefs }: FirefoxOptions = {}): Promise<Browser> => {
  const executablePath = findFirefox()
  if (executablePath === null) throw new Error('There is no Firefox to start.')
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    timeout: PATIENCE,
    protocolTimeout: 2 * PATIENCE,
    ...(profile === undefined ? {} : { userDataDir: profile }),
    extraPrefsFirefox: { ...PREFS, ...prefs },
  })
}

/** A new tab. */
export const newFirefoxPage = async (browser: Browser): Promise<Page> => {
  const page = await browser.newPage()
  page.setDefaultTimeout(PATIENCE)
  return page
}

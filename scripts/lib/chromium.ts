/** Getting a browser for the tests onto this machine. */
import { installPackage, isDebianRoot } from './debian.ts'
import { findChromium } from './find-chromium.ts'
import { run, stop } from './run.ts'

const DOWNLOAD_LIMIT = 10 * 60_000

/** Path of a Chromium that starts, installed now if there is none. Ends the process with one sentence when that fails. */
export async function requireChromium(): Promise<string> {
  const found = await working()
  if (found !== null) return found
  const ways = isDebianRoot() ? [() => installPackage('chromium'), download] : [download]
  for (const install of ways) {
    await install()
    const path = await working()
    if (path !== null) return path
  }
  return stop(
    'The tests need a Chromium: install one (on Debian: apt install chromium) or set CHROMIUM_PATH to it.'
  )
}

async function working(): Promise<string | null> {
  const path = findChromium()
  // It links dozens of system libraries: that the file is there does not mean that it starts.
  return path !== null && (await run(path, ['--version'], { quiet: true, timeout: 30_000 })) === 0
    ? path
    : null
}

async function download(): Promise<void> {
  console.log('No Chromium here: downloading Playwright’s …')
  const dependencies = process.getuid?.() === 0 ? ['--with-deps'] : []
  await run('playwright', ['install', ...dependencies, 'chromium'], { timeout: DOWNLOAD_LIMIT })
}

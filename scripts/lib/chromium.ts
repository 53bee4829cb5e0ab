/** Getting a browser for the tests onto this machine. */
import { readFileSync } from 'node:fs'
import { findChromium } from './find-chromium.ts'
import { run, stop } from './run.ts'

const INSTALL_LIMIT = 10 * 60_000

/** Path of a Chromium that starts, installed now if there is none. Ends the process with one sentence when that fails. */
export async function requireChromium(): Promise<string> {
  const found = await working()
  if (found !== null) return found
  for (const install of isDebianRoot() ? [fromDebian, fromPlaywright] : [fromPlaywright]) {
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

async function fromDebian(): Promise<void> {
  console.log('No Chromium here: installing Debian’s …')
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-qq'], { env, timeout: INSTALL_LIMIT })
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
    env,
    timeout: INSTALL_LIMIT,
  })
}

async function fromPlaywright(): Promise<void> {
  console.log('No Chromium here: downloading Playwright’s …')
  const dependencies = process.getuid?.() === 0 ? ['--with-deps'] : []
  await run('playwright', ['install', ...dependencies, 'chromium'], { timeout: INSTALL_LIMIT })
}

function isDebianRoot(): boolean {
  if (process.getuid?.() !== 0) return false
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

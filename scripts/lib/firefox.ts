/** Where this machine keeps a Firefox, and getting one onto it. */
import { installPackage, isDebianRoot } from './debian.ts'
import { run, stop } from './run.ts'
import { findProgram } from './servers.ts'

/** Path of a Firefox: the one named by `FIREFOX_PATH`, or the system's. Null when there is none. */
export function findFirefox(): string | null {
  const named = process.env['FIREFOX_PATH']
  if (named !== undefined && named !== '') return named
  return findProgram('firefox-esr') ?? findProgram('firefox')
}

/** Path of a Firefox that starts, installed now if there is none. Ends the process with one sentence when that fails. */
export async function requireFirefox(): Promise<string> {
  if (findFirefox() === null && isDebianRoot()) await installPackage('firefox-esr')
  const path = findFirefox()
  if (path !== null && (await run(path, ['--version'], { quiet: true, timeout: 30_000 })) === 0) return path
  return stop(
    'The tests need a Firefox: install one (on Debian: apt install firefox-esr) or set FIREFOX_PATH to it.'
  )
}

/** Installing Debian's own packages where this process may. */
import { readFileSync } from 'node:fs'
import { run } from './run.ts'

const INSTALL_LIMIT = 10 * 60_000

/** Whether packages can be installed here. */
export function isDebianRoot(): boolean {
  if (process.getuid?.() !== 0) return false
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

/** Installs a package. That it worked is seen by what it brings. */
export async function installPackage(name: string): Promise<void> {
  console.log(`Installing Debian’s ${name} …`)
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeout: INSTALL_LIMIT }
  await run('apt-get', ['update', '-qq'], options)
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], options)
}

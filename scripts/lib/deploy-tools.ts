/** The programs that read what is shipped for running a relay: the tests ask them what they think of it. */
import { installPackage, isDebianRoot } from './debian.ts'
import { run, stop } from './run.ts'

/** A program that shows that Debian's package of this name is there. */
const PROGRAMS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  caddy: ['caddy', 'version'],
  prometheus: ['promtool', '--version'],
  'docker-compose': ['docker-compose', '--version'],
}

/** Ends the process with one sentence when one of them is missing and cannot be installed. */
export async function requireDeployTools(): Promise<void> {
  if (process.getuid?.() !== 0)
    stop('The deployment tests lay out a file system as containers have it: run them as root.')
  for (const [name, [program, ...args]] of Object.entries(PROGRAMS)) {
    const works = async (): Promise<boolean> => (await run(program, args, { quiet: true })) === 0
    if (!(await works()) && isDebianRoot()) await installPackage(name)
    if (!(await works())) stop(`The deployment tests need ${program}: on Debian, apt install ${name}.`)
  }
}

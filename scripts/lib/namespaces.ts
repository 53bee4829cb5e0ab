/** Making sure that the end-to-end tests can give each browser a network of its own. */
import { installPackage, isDebianRoot } from './debian.ts'
import { run, stop } from './run.ts'

/** Ends the process with one sentence when this machine cannot make network namespaces. */
export async function requireNamespaces(): Promise<void> {
  if (!(await works(['ip', '-Version'])) && isDebianRoot()) await installPackage('iproute2')
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  if (await works(['unshare', '--net', ...user, 'ip', 'link', 'set', 'lo', 'up'])) return
  stop(
    'The end-to-end tests put each browser into a Linux network namespace: run them as root with iproute2, or allow user namespaces.'
  )
}

async function works([program = '', ...args]: readonly string[]): Promise<boolean> {
  return (await run(program, args, { quiet: true })) === 0
}

/** A folder that a program takes for the whole file system, as in a container: the machine's programs, and else only what is laid there. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { link, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const NODE = resolve('node_modules/node/bin/node')
const NODE_USER = 1000
/** What the machine may have and Debian's slim image of Node has not. */
const NOT_IN_IMAGE = ['make', 'cc', 'gcc', 'c++', 'g++', 'clang', 'python3', 'git', 'curl', 'wget']

export interface RunOptions {
  readonly env: Readonly<Record<string, string>>
  /** The folder to run in, as the program sees it. */
  readonly cwd: string
  /** As in the finished container: the user `node`, no capability, nothing writable but /tmp and `volume`. */
  readonly confined?: { readonly volume: string }
  /** As while an image is built: with a way to the network, and this folder of the machine as npm's cache. */
  readonly building?: { readonly npmCache: string }
}

/** Lays the folder: links and users as in Debian's image of Node. */
export async function makeRoot(root: string): Promise<void> {
  for (const folder of ['usr', 'dev', 'proc', 'etc/ssl', 'tmp', 'opt', 'npm'])
    await mkdir(join(root, folder), { recursive: true })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${name}`, join(root, name))
  await link(NODE, join(root, 'opt/node'))
  await writeFile(
    join(root, 'etc/passwd'),
    `root:x:0:0::/tmp:/bin/sh\nnode:x:${NODE_USER}:${NODE_USER}::/tmp:/bin/sh\n`
  )
  await writeFile(join(root, 'etc/group'), `root:x:0:\nnode:x:${NODE_USER}:\n`)
  await writeFile(join(root, 'etc/hosts'), '127.0.0.1 localhost\n')
  await writeFile(join(root, 'etc/resolv.conf'), '')
}

/** Starts a program with `root` as its file system. Its process id is the program's own, so signals reach it. */
export function runIn(root: string, command: readonly string[], options: RunOptions): ChildProcess {
  const { confined, building } = options
  const mounts = [
    `mount --bind ${root} ${root}`,
    `cd ${root}`,
    'mount --rbind /usr usr',
    `for one in ${NOT_IN_IMAGE.join(' ')}; do program=$(readlink -f /usr/bin/$one) && test -f "$program" && mount --bind /dev/null "${root}$program"; done; true`,
    'mount --rbind /dev dev',
    'mount --rbind /proc proc',
    ...(building
      ? [
          ...['/etc/hosts', '/etc/resolv.conf', '/etc/ssl']
            .filter((path) => existsSync(path))
            .map((path) => `mount --bind ${path} .${path}`),
          `mount --bind ${building.npmCache} npm`,
        ]
      : []),
    ...(confined
      ? [
          `mount --bind ${join(root, confined.volume)} ${join(root, confined.volume)}`,
          `mount -o remount,ro,bind ${root}`,
          'mount -t tmpfs none tmp && chmod 1777 tmp',
        ]
      : []),
  ]
  const as = confined
    ? `setpriv --reuid=${NODE_USER} --regid=${NODE_USER} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all`
    : ''
  const script = `set -e; ${mounts.join('; ')}; exec chroot ${root} ${as} env --chdir=${options.cwd} "$@"`
  return spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/opt:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', HOME: '/tmp', ...options.env },
  })
}

/** Runs a program to its end. Throws with what it printed when it fails. */
export async function finishIn(
  root: string,
  command: readonly string[],
  options: RunOptions
): Promise<string> {
  const child = runIn(root, command, options)
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${printed}`)
  return printed
}

/**
 * Two machines with a cable between them, on one: network namespaces of Linux.
 *
 * Each person's browser runs in its own. The cable (a pair of virtual Ethernet devices) is the direct path; the relay is
 * reached only through the person's cut proxy. So all that flows through the relay is counted, and both ways can be cut
 * apart. Needs `unshare`, `nsenter` and `ip` (util-linux and iproute2), and root or user namespaces.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findChromium } from '../../scripts/lib/find-chromium.ts'
import { startCutProxy, type CutProxy } from './cut-proxy.ts'
import { newFolder } from './profile.ts'

const exec = promisify(execFile)

export interface Machine {
  /** Starts Chromium on this machine: give it to `openBrowser`. */
  readonly executable: string
  /** Its way to the relay. */
  readonly relayPath: CutProxy
  /** Its address on the cable. */
  readonly address: string
}

export interface Network extends AsyncDisposable {
  readonly a: Machine
  readonly b: Machine
  /** Packets on the cable are lost without a word, both ways. */
  cutDirect(): Promise<void>
  restoreDirect(): Promise<void>
}

/** Lays the network. On both machines the relay is at `http://localhost:<relayPort>`. */
export async function createNetwork(relayPort: number, record = false): Promise<Network> {
  const folder = await newFolder('network')
  const start = async (name: string, address: string): Promise<Machine & { holder: ChildProcess }> => {
    const socket = join(folder.path, `${name}.sock`)
    const relayPath = await startCutProxy({ target: relayPort, listen: socket, record })
    const holder = await startHolder(relayPort, socket)
    const executable = join(folder.path, `chromium-${name}`)
    const program = findChromium()
    if (program === null) throw new Error('There is no Chromium to start.')
    await writeFile(executable, `#!/bin/sh\nexec ${[...entering(holder), program].join(' ')} "$@"\n`)
    await chmod(executable, 0o755)
    return { holder, executable, relayPath, address }
  }
  const a = await start('a', '10.99.0.1')
  const b = await start('b', '10.99.0.2')

  const ip = async (machine: { holder: ChildProcess }, ...args: string[]): Promise<void> => {
    const [command = '', ...rest] = [...entering(machine.holder), 'ip', ...args]
    await exec(command, rest)
  }
  await ip(a, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', String(b.holder.pid))
  for (const machine of [a, b]) {
    await ip(machine, 'address', 'add', `${machine.address}/24`, 'dev', 'cable')
    await ip(machine, 'link', 'set', 'cable', 'up')
  }
  // A wrong hardware address loses packets silently, as the world does; a blocked route would tell the sender.
  const misdirect = (action: string, ...how: string[]): Promise<unknown> =>
    Promise.all([
      ip(a, 'neighbour', action, b.address, 'dev', 'cable', ...how),
      ip(b, 'neighbour', action, a.address, 'dev', 'cable', ...how),
    ])

  let isCut = false

  return {
    a,
    b,
    async cutDirect() {
      await misdirect('replace', 'lladdr', '02:00:00:00:00:99', 'nud', 'permanent')
      isCut = true
    },
    async restoreDirect() {
      if (isCut) await misdirect('delete')
      isCut = false
    },
    async [Symbol.asyncDispose]() {
      for (const { holder, relayPath } of [a, b]) {
        const ended = once(holder, 'exit')
        holder.kill('SIGKILL')
        await ended
        await relayPath.close()
      }
      await folder[Symbol.asyncDispose]()
    },
  }
}

const isRoot = process.getuid?.() === 0

/** Command line that runs what follows on the machine of `holder`. */
function entering(holder: ChildProcess): string[] {
  const user = isRoot ? [] : ['--user', '--preserve-credentials']
  return ['nsenter', '--target', String(holder.pid), '--net', ...user, '--']
}

async function startHolder(port: number, socket: string): Promise<ChildProcess> {
  const user = isRoot ? [] : ['--user', '--map-root-user']
  const args = [
    '--net',
    ...user,
    process.execPath,
    join(import.meta.dirname, 'namespace.ts'),
    String(port),
    socket,
  ]
  const holder = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ready = once(holder.stdout, 'data')
  const failed = once(holder, 'exit').then(() => {
    throw new Error('A network namespace could not be made: run as root, or allow user namespaces.')
  })
  await Promise.race([ready, failed])
  failed.catch(() => undefined) // it ends some day, and then nobody waits any more
  return holder
}

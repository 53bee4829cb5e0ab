/** The bootstrap against a small project and a stand-in for npm, which is the one part that needs a network. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../support/profile.ts'
import { until } from '../../support/until.ts'

const NPM = `#!/bin/sh
echo "$PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD $*" >> npm-calls
mkdir -p node_modules/node/bin
ln -sf "${process.execPath}" node_modules/node/bin/node
`
const COMMAND = `
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => process.exit(5))
console.log('ready', process.argv.slice(2).join(' '))
if (process.argv[2] === 'wait') setInterval(() => {}, 1000)
else process.exit(7)
`

async function project(root: string): Promise<void> {
  await mkdir(join(root, 'scripts'))
  await mkdir(join(root, 'bin'))
  await mkdir(join(root, 'patches'))
  await cp('scripts/bootstrap.mjs', join(root, 'scripts/bootstrap.mjs'))
  await writeFile(join(root, 'scripts/start.ts'), COMMAND)
  await writeFile(join(root, 'package-lock.json'), '{"version":1}')
  await writeFile(join(root, 'bin/npm'), NPM)
  await chmod(join(root, 'bin/npm'), 0o755)
}

function bootstrap(
  root: string,
  ...args: string[]
): { ended: Promise<number>; printed(): string; kill(): void } {
  const env = { ...process.env, PATH: join(root, 'bin') + delimiter + process.env['PATH'] }
  const child = spawn(process.execPath, [join(root, 'scripts/bootstrap.mjs'), ...args], { env })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part))
  return {
    ended: once(child, 'close').then(([code]) => code as number),
    printed: () => text,
    kill: () => void child.kill('SIGTERM'),
  }
}

const installs = async (root: string): Promise<string[]> =>
  (await readFile(join(root, 'npm-calls'), 'utf8')).trim().split('\n')

test('installs once, again after the lock file or a patch has changed, and hands over arguments and exit code', async () => {
  await using folder = await newFolder('bootstrap')
  await project(folder.path)
  const first = bootstrap(folder.path, 'start', 'one', 'two')
  expect(await first.ended).toBe(7)
  expect(first.printed()).toContain('ready one two')
  expect(await bootstrap(folder.path, 'start').ended).toBe(7)
  expect(await installs(folder.path)).toEqual(['1 ci --no-audit --no-fund --loglevel=error'])

  await writeFile(join(folder.path, 'package-lock.json'), '{"version":2}')
  await bootstrap(folder.path, 'start').ended
  expect(await installs(folder.path)).toHaveLength(2)
  await writeFile(join(folder.path, 'patches/a+1.0.0.patch'), 'diff')
  await bootstrap(folder.path, 'start').ended
  expect(await installs(folder.path)).toHaveLength(3)
})

test('passes a signal on and answers with the command’s own ending', async () => {
  await using folder = await newFolder('bootstrap')
  await project(folder.path)
  const running = bootstrap(folder.path, 'start', 'wait')
  await until('the command runs', () => running.printed().includes('ready wait'))
  running.kill()
  expect(await running.ended).toBe(5)
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
  '%s to npm alone ends the command, too',
  async (signal) => {
    await using folder = await newFolder('bootstrap')
    await project(folder.path)
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { start: string } }
    await writeFile(join(folder.path, 'package.json'), JSON.stringify({ scripts: { start: scripts.start } }))
    await bootstrap(folder.path, 'start').ended
    const npm = spawn('npm', ['start', '--', 'wait'], {
      cwd: folder.path,
      env: { ...process.env, npm_config_update_notifier: 'false' },
    })
    let printed = ''
    npm.stdout.setEncoding('utf8').on('data', (part: string) => (printed += part))
    // It closes when the last process that could write to it has ended.
    const ended = once(npm.stdout, 'close')
    const exited = once(npm, 'exit')
    await until('the command runs', () => printed.includes('ready wait'))
    npm.kill(signal)
    await ended
    // These two npm passes on, and waits.
    if (signal === 'SIGTERM' || signal === 'SIGINT') expect(await exited).toEqual([5, null])
    else expect(await exited).toEqual([null, signal])
  }
)

test('says in one sentence what is wrong', async () => {
  await using folder = await newFolder('bootstrap')
  await project(folder.path)
  const unknown = bootstrap(folder.path, 'fly')
  expect(await unknown.ended).toBe(1)
  expect(unknown.printed()).toBe('Say what to do: start, test, dev, bench, build, mutation.\n')

  await writeFile(join(folder.path, 'bin/npm'), '#!/bin/sh\nexit 1\n')
  const offline = bootstrap(folder.path, 'start')
  expect(await offline.ended).toBe(1)
  expect(offline.printed()).toContain('The dependencies could not be installed; npm says why above.')
})

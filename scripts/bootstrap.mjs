/**
 * The door to every command: `node scripts/bootstrap.mjs <command> [arguments]`.
 *
 * Runs on whatever Node the machine has and needs no dependencies. It installs them when they are missing or when the
 * lock file or a patch has changed, then hands over to `scripts/<command>.ts` on the Node that is pinned among them.
 * `installed` is what npm itself calls after an installation: it remembers for which lock file that was.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST = 20
const COMMANDS = ['start', 'test', 'dev', 'bench', 'build', 'mutation']

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const windows = process.platform === 'win32'
const stamp = join(root, 'node_modules', '.cache', 'mepassa', 'installed')
const pinnedNode = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node')

const [command = '', ...rest] = process.argv.slice(2)
if (Number(process.versions.node.split('.')[0]) < OLDEST) {
  stop(
    `MePassa needs Node ${OLDEST} or newer; this is ${process.versions.node}. Get it from https://nodejs.org.`
  )
}
if (command === 'installed') {
  remember()
} else if (COMMANDS.includes(command)) {
  if (!isInstalled()) install()
  handOver()
} else {
  stop(`Say what to do: ${COMMANDS.join(', ')}.`)
}

/** Hash of all that decides what an installation holds. */
function wanted() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  const patches = join(root, 'patches')
  const names = existsSync(patches) ? readdirSync(patches).filter((name) => name.endsWith('.patch')) : []
  for (const name of names.sort()) hash.update(name).update(readFileSync(join(patches, name)))
  return hash.digest('hex')
}

function isInstalled() {
  return existsSync(pinnedNode) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()
}

function remember() {
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted())
}

function install() {
  console.log('Installing dependencies (once; a minute or two) …')
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell: windows,
    // Tests use the system's browser where there is one; scripts/lib/chromium.ts gets one where there is none.
    env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
  })
  if (done.error) stop(`npm could not be started: ${done.error.message}`)
  if (done.status !== 0) stop('The dependencies could not be installed; npm says why above.')
  if (!existsSync(pinnedNode)) {
    stop('npm installed no Node 24: its install script did not run. Allow it, or unset "ignore-scripts".')
  }
  remember()
}

function handOver() {
  const path = join(root, 'node_modules', '.bin') + delimiter + (process.env.PATH || '')
  const child = spawn(pinnedNode, [join('scripts', `${command}.ts`), ...rest], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  })
  // Only the child decides how to end. A terminal sends Ctrl+C to it as well: for a relay, two at once are one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  endWithNpm(child)
  child.on('error', (error) => stop(`The pinned Node could not be started: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}

/** npm passes SIGINT and SIGTERM on; at SIGHUP it ends without a word, as at SIGKILL, and nobody is left to end the child. */
function endWithNpm(child) {
  if (!process.env.npm_lifecycle_event) return
  const npm = process.ppid
  const look = () => {
    if (process.ppid === npm) return
    clearInterval(looking)
    child.kill('SIGTERM')
  }
  const looking = setInterval(look, 1_000)
}

function stop(sentence) {
  console.error(sentence)
  process.exit(1)
}

/** The Dockerfile, carried out without an engine, and what it makes, run as the compose file runs it. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildImage, type Image } from '../support/image/build-image.ts'
import { argumentsOf } from '../support/image/dockerfile.ts'
import { finishIn, runIn } from '../support/image/stage-root.ts'
import { freePort, freeUdpPort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

const FOLDER = resolve('node_modules/.cache/mepassa/image')
/** All packages come from the registry where npm has not cached them yet. */
const INSTALLING = 10 * 60_000
let image: Image

beforeAll(async () => {
  await rm(FOLDER, { recursive: true, force: true })
  await mkdir(FOLDER, { recursive: true })
  image = await buildImage(FOLDER)
}, INSTALLING)
afterAll(() => rm(FOLDER, { recursive: true, force: true }))

const options = (env: Record<string, string> = {}) => ({
  env: { ...image.env, ...env },
  cwd: image.cwd,
  confined: { volume: '/data' },
})

test('starts as a common user on a file system it cannot write to, is healthy, keeps its keys in the volume, and stops when told', async () => {
  const entry = argumentsOf(image.stage, 'ENTRYPOINT')
  const port = await freePort()
  const env = { PORT: String(port), WEBRTC_PORT: String(await freeUdpPort()), HOST: '127.0.0.1' }
  const relay = runIn(image.root, entry, options(env))
  let printed = ''
  for (const stream of [relay.stdout, relay.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const ended = once(relay, 'exit')
  const url = `http://127.0.0.1:${port}`
  await until('it is ready', async () => {
    if (relay.exitCode !== null) throw new Error(printed)
    return (await fetch(`${url}/readyz`)).ok
  })
  // The Dockerfile's own check, from inside.
  await finishIn(image.root, argumentsOf(image.stage, 'HEALTHCHECK'), options(env))
  expect(await (await fetch(url, { headers: { accept: 'text/html' } })).text()).toContain('<title>MePassa')
  const status = await finishIn(image.root, ['cat', `/proc/${relay.pid}/status`], options())
  expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m)
  expect(status).toMatch(/^CapBnd:\t0+$/m)
  await expect(finishIn(image.root, ['touch', 'x'], options())).rejects.toThrow('Read-only file system')

  const keys = await stat(join(image.root, 'data/relay-keys.json'))
  expect([keys.mode & 0o777, keys.uid]).toEqual([0o600, 1000])
  // A volume takes from here who may write to it.
  for (const volume of ['data', 'data/blobs', 'secrets/turn']) {
    const { mode, uid } = await stat(join(image.root, volume))
    expect([mode & 0o777, uid]).toEqual([0o700, 1000])
  }
  relay.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

test('explains its settings, and names what is wrong with them', async () => {
  const entry = argumentsOf(image.stage, 'ENTRYPOINT')
  expect(await finishIn(image.root, [...entry, '--print-config'], options())).toContain(
    '#MAILBOX_TTL_DAYS=14'
  )
  const wrong = options({ PORT: 'x', TRUST_PROXY: 'y' })
  await expect(finishIn(image.root, entry, wrong)).rejects.toThrow(/TRUST_PROXY must be .* PORT must be/)
})

test('holds the relay, the page and what the relay has not in its bundle, with the licences of all', async () => {
  const app = join(image.root, image.cwd)
  expect((await readdir(app)).sort()).toEqual([
    'LICENSE',
    'dist',
    'dist-relay',
    'node_modules',
    'package.json',
  ])
  const modules = join(app, 'node_modules')
  const native: unknown = JSON.parse(await readFile(join(modules, 'node-datachannel/package.json'), 'utf8'))
  const needed = Object.keys((native as { dependencies: object }).dependencies)
  expect((await readdir(modules)).sort()).toEqual(['@node-datachannel', 'node-datachannel', ...needed].sort())
  for (const [file, library] of [
    ['dist/licences.txt', 'svelte'],
    ['dist/licences.txt', 'workbox-core'],
    ['dist-relay/licences.txt', 'fastify'],
  ] as const)
    expect(await readFile(join(app, file), 'utf8')).toMatch(
      new RegExp(`^## ${library} - .*\\n\\n(?!## ).+`, 'm')
    )
})

test('is no larger than the documents say', async () => {
  const { root, cwd } = image
  const entries = await readdir(join(root, cwd), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6
  const [, told] = /adds (\d+) MB/.exec(await readFile('docs/SELF-HOSTING.md', 'utf8')) ?? []
  expect(megabytes).toBeLessThan(Number(told))
  // Nor is what they say out of date.
  expect(megabytes).toBeGreaterThan(0.8 * Number(told))
})

test('is built from patched libraries, and carries the one that is in no bundle patched', async () => {
  const patches = (await readdir('patches')).filter((name) => name.endsWith('.patch'))
  expect(patches.length).toBeGreaterThan(0)
  const native = patches.filter((name) => moduleOf(name) === 'node-datachannel')
  expect(native).toHaveLength(1)
  const env = { ...process.env, GIT_DIR: '/nowhere' }
  for (const [root, carried] of [
    [join(FOLDER, 'build'), patches],
    [image.root, native],
  ] as const)
    for (const name of carried) {
      const reverse = ['apply', '--reverse', '--check', resolve('patches', name)]
      execFileSync('git', reverse, { cwd: join(root, image.cwd), env })
    }
})

/** The package that a patch is for: `@libp2p+webrtc+6.0.33.patch` → `@libp2p/webrtc`. */
const moduleOf = (patch: string): string => patch.replace(/\+[\d.]+\.patch$/, '').replaceAll('+', '/')

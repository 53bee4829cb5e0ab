import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import type { RelayConfig } from '../../../relay-server/config.ts'
import { createRelay } from '../../../relay-server/relay.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'
import { configOf, newDataDir, startTestRelay } from './kit/relay.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})
const folder = async (): Promise<string> => {
  const path = await newDataDir()
  folders.push(path)
  return path
}

test('a port that is taken is an error, and leaves nothing open', async () => {
  await using taken = await startTestRelay()
  const dataDir = await folder()
  const { port } = taken.relay()
  await expect(createRelay(configOf(dataDir, { config: { port } }))).rejects.toThrow('EADDRINUSE')
  const relay = await createRelay(configOf(dataDir))
  expect((await fetch(`${relay.url}/healthz`)).status).toBe(200)
  await relay.stop()
})

test('a data folder that cannot be used is named', async () => {
  const dataDir = await folder()
  const file = join(dataDir, 'file')
  await writeFile(file, '')
  await expect(createRelay(configOf(file))).rejects.toThrow(`the data folder ${file} cannot be used`)
  await mkdir(join(dataDir, 'relay.lock'))
  await expect(createRelay(configOf(dataDir))).rejects.toThrow(
    `the data folder ${dataDir} cannot be used (unable to open database file)`
  )
})

test('the secret of the TURN server is made once, where it is said, and the log tells no more than where', async () => {
  const dataDir = await folder()
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  const turn = { urls: ['turn:turn.example.org'], secret: null, secretFile: null }
  const secretIn = async (file: string): Promise<string> =>
    (await readFile(join(dataDir, file), 'utf8')).trim()
  const start = async (config: Partial<RelayConfig>): Promise<void> =>
    (await createRelay(configOf(dataDir, { config }), { log })).stop()

  await start({})
  await expect(secretIn('turn-secret')).rejects.toThrow('ENOENT')
  await start({ turn })
  const secret = await secretIn('turn-secret')
  await start({ turn })
  expect(await secretIn('turn-secret')).toBe(secret)
  await start({ turn: { ...turn, secretFile: join(dataDir, 'elsewhere/secret') } })
  const other = await secretIn('elsewhere/secret')
  expect(other).not.toBe(secret)

  const made = lines.filter((line) => line.includes('turn-secret-made'))
  expect(made.map((line) => (JSON.parse(line) as { file: string }).file)).toEqual([
    join(dataDir, 'turn-secret'),
    join(dataDir, 'elsewhere/secret'),
  ])
  for (const one of [secret, other, await secretIn('admin-token')]) expect(lines.join('')).not.toContain(one)
})

test('wrong settings end the process with one sentence', async () => {
  const child = spawn(process.execPath, ['relay-server/main.ts'], {
    env: { ...process.env, PORT: 'eighty', LOG_LEVEL: 'loud', DATA_DIR: await folder() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(1)
  expect(printed.trim().split('\n')).toHaveLength(1)
  expect(printed).toContain('PORT must be')
  expect(printed).toContain('LOG_LEVEL must be')
})

test('a signal that comes several times at once, as from a service manager, still ends it gracefully', async () => {
  const dataDir = await folder()
  const port = String(await freePort())
  const child = spawn(process.execPath, ['relay-server/main.ts'], {
    env: { ...process.env, PORT: port, HOST: '127.0.0.1', WEBRTC_PORT: 'off', DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  await until('it runs', () => printed.includes('"started"'))
  const ended = once(child, 'close')
  child.kill('SIGTERM')
  // Two of one kind might arrive as one.
  child.kill('SIGINT')
  child.kill('SIGHUP')
  expect(await ended).toEqual([0, null])
  expect(printed).toContain('"stopped"')
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s to the script that started it ends it gracefully, and the script with it',
  async (signal) => {
    const port = await freePort()
    const script = `
      import { ending, startRelay } from './scripts/lib/relay.ts'
      const relay = await startRelay({ program: 'relay-server/main.ts', port: ${port} })
      console.log('it answers')
      process.exit(await ending(relay))`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, HOST: '127.0.0.1', WEBRTC_PORT: 'off', DATA_DIR: await folder() },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
    await until('it runs', () => printed.includes('it answers'))
    const ended = once(child, 'close')
    child.kill(signal)
    expect(await ended).toEqual([0, null])
    expect(printed).toContain('"stopped"')
  }
)

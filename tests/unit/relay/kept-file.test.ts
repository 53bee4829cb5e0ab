import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keep, readKept, readOrMakeSecret } from '../../../relay-server/kept-file.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mepassa-kept-'))
  path = join(folder, 'inner/file')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777

test('a file is kept for its owner alone, and replaced whole', async () => {
  expect(await readKept(path)).toBeUndefined()
  for (const text of ['one', 'another']) {
    await keep(path, text)
    expect(await readKept(path)).toBe(text)
  }
  expect([await modeOf(path), await modeOf(join(folder, 'inner'))]).toEqual([0o600, 0o700])
  expect(await readdir(join(folder, 'inner'))).toEqual(['file'])
})

test('a secret is made once', async () => {
  const { secret, made } = await readOrMakeSecret(path)
  expect([secret, made]).toEqual([expect.stringMatching(/^[\w-]{32}$/), true])
  expect(await readFile(path, 'utf8')).toBe(`${secret}\n`)
  expect(await modeOf(path)).toBe(0o600)
  expect(await readOrMakeSecret(path)).toEqual({ secret, made: false })
})

test('relays that start at once over one folder agree on it', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => readOrMakeSecret(path)))
  expect(new Set(all.map(({ secret }) => secret)).size).toBe(1)
  expect(all.filter(({ made }) => made)).toHaveLength(1)
  expect(await readdir(join(folder, 'inner'))).toEqual(['file'])
})

test('what is no secret is not taken for one, and not replaced', async () => {
  for (const text of ['', 'short\n']) {
    await keep(path, text)
    await expect(readOrMakeSecret(path)).rejects.toThrow(`${path} holds no secret`)
    expect(await readKept(path)).toBe(text)
  }
  await writeFile(path, '  a secret of the operator’s own\n')
  expect(await readOrMakeSecret(path)).toEqual({ secret: 'a secret of the operator’s own', made: false })
})

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withDatabasePassword } from '../../../relay-server/db/database-password.ts'
import { configOf, newDataDir } from '../../contract/relay/kit/relay.ts'

test('a password in a file completes an address that has none, whatever it is made of', async () => {
  const folder = await newDataDir()
  const databasePasswordFile = join(folder, 'password')
  await writeFile(databasePasswordFile, 'p@ss/w:rd %41\n')
  const urlWith = async (databaseUrl: string | null, file: string | null = databasePasswordFile) =>
    (await withDatabasePassword(configOf(folder, { config: { databaseUrl, databasePasswordFile: file } })))
      .databaseUrl
  const url = new URL((await urlWith('postgres://me@host:5433/db?sslmode=disable')) ?? '')
  expect(decodeURIComponent(url.password)).toBe('p@ss/w:rd %41')
  expect([url.username, url.host, url.pathname, url.search]).toEqual([
    'me',
    'host:5433',
    '/db',
    '?sslmode=disable',
  ])
  for (const whole of ['postgres://me:own@host/db', null]) {
    expect(await urlWith(whole)).toBe(whole)
    // Then nobody looks for the file.
    expect(await urlWith(whole, '/nowhere')).toBe(whole)
  }
  expect(await urlWith('postgres://me@host/db', null)).toBe('postgres://me@host/db')
  await expect(urlWith('postgres://me@host/db', '/nowhere')).rejects.toThrow('/nowhere')
  await rm(folder, { recursive: true })
})

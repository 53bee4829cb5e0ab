import { X509Certificate } from 'node:crypto'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadIdentity } from '../../../relay-server/p2p/identity.ts'
import { newDataDir } from '../../contract/relay/kit/relay.ts'

const YEAR = 365 * 24 * 60 * 60 * 1000
const NOW = Date.now()
let dataDir: string
beforeEach(async () => {
  dataDir = await newDataDir()
})
afterEach(() => rm(dataDir, { recursive: true }))

test('the relay’s keys are made once, for ten years, and nobody else may read them', async () => {
  const made = await loadIdentity(dataDir, NOW)
  const again = await loadIdentity(dataDir, NOW + YEAR)
  expect(again.certificate).toEqual(made.certificate)
  expect(again.privateKey.equals(made.privateKey)).toBe(true)
  const certificate = new X509Certificate(made.certificate.pem)
  expect(Date.parse(certificate.validTo) - NOW).toBeGreaterThan(9.9 * YEAR)
  expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect((await stat(join(dataDir, 'relay-keys.json'))).mode & 0o777).toBe(0o600)
})

test('an old certificate is renewed, the peer id is not', async () => {
  const made = await loadIdentity(dataDir, NOW)
  const later = await loadIdentity(dataDir, NOW + 9.5 * YEAR)
  expect(later.certificate.certhash).not.toBe(made.certificate.certhash)
  expect(later.privateKey.equals(made.privateKey)).toBe(true)
})

test('broken keys stop the relay instead of being replaced', async () => {
  await loadIdentity(dataDir, NOW)
  const path = join(dataDir, 'relay-keys.json')
  const half = (await readFile(path, 'utf8')).slice(0, 100)
  await writeFile(path, half)
  await expect(loadIdentity(dataDir, NOW)).rejects.toThrow()
  expect(await readFile(path, 'utf8')).toBe(half)
})

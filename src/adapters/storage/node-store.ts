import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { StorageFailure, type StorageHealth, type Store } from '../../core/ports/storage.ts'
import { openNodeDriver } from './node-driver.ts'
import { createStore } from './store.ts'

const KEY = /^[0-9a-f]{64}$/
const OWNER_ONLY = 0o600

const keyOf = (path: string): string => {
  const keyPath = `${path}.key`
  if (existsSync(keyPath)) {
    const key = readFileSync(keyPath, 'utf8').trim()
    if (!KEY.test(key)) throw new StorageFailure('damaged')
    return key
  }
  // A database without its key is damage to be told, never a reason to begin anew.
  if (existsSync(path)) throw new StorageFailure('damaged')
  const key = randomBytes(32).toString('hex')
  // Under another name first: a process that dies here leaves no half a key.
  writeFileSync(`${keyPath}.new`, `${key}\n`, { mode: OWNER_ONLY, flush: true })
  renameSync(`${keyPath}.new`, keyPath)
  return key
}

/**
 * A store for bots and tests: an encrypted file with its key beside it (readable by its owner only), or memory.
 * Throws `StorageFailure`.
 */
export const openNodeStore = async (
  where: { readonly path: string } | { readonly memory: true }
): Promise<Store> => {
  if ('memory' in where) return createStore(openNodeDriver(':memory:', '0'.repeat(64)))
  mkdirSync(dirname(where.path), { recursive: true })
  const driver = openNodeDriver(where.path, keyOf(where.path))
  try {
    return createStore(driver)
  } catch (error) {
    driver.close()
    throw error
  }
}

/** Health of a store in a file: what it uses. */
export const createNodeStorageHealth = (path: string | null): StorageHealth => ({
  estimate: async () => ({
    used: path && existsSync(path) ? statSync(path).size : null,
    available: null,
    persisted: 'granted',
  }),
})

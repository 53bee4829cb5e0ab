import { readFile } from 'node:fs/promises'
import type { RelayConfig } from '../config.ts'

/**
 * The settings with a database address that holds its password, where that is kept in a file. Throws when an address without a password has
 * a file that cannot be read.
 */
export const withDatabasePassword = async (config: RelayConfig): Promise<RelayConfig> => {
  const { databaseUrl, databasePasswordFile: file } = config
  if (databaseUrl === null || file === null) return config
  const url = new URL(databaseUrl)
  // An address that is whole needs no file, which need not be there then.
  if (url.password !== '') return config
  // By itself it would take a % for the beginning of an escape.
  url.password = encodeURIComponent((await readFile(file, 'utf8')).trim())
  return { ...config, databaseUrl: url.href }
}

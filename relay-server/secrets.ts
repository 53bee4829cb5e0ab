import { join } from 'node:path'
import type { Logger } from 'pino'
import type { RelayConfig } from './config.ts'
import { readOrMakeSecret } from './kept-file.ts'

/** What a relay must know to itself, whether it was told or made it up. */
export interface RelaySecrets {
  readonly adminToken: string
  /** TURN servers, and the secret that they share with this relay; null: none. */
  readonly turn: { readonly urls: readonly string[]; readonly secret: string } | null
}

/**
 * The secrets that the settings give, else those that are kept in files, else new ones that are kept there. The log is told what was made,
 * without the secret. Throws when a file cannot be used.
 */
export const loadSecrets = async (
  { adminToken, dataDir, turn }: Pick<RelayConfig, 'adminToken' | 'dataDir' | 'turn'>,
  log: Logger
): Promise<RelaySecrets> => {
  const load = async (name: string, file = join(dataDir, name)): Promise<string> => {
    const { secret, made } = await readOrMakeSecret(file)
    if (made) log.info({ event: `${name}-made`, file })
    return secret
  }
  return {
    adminToken: adminToken ?? (await load('admin-token')),
    turn: turn && {
      urls: turn.urls,
      secret: turn.secret ?? (await load('turn-secret', turn.secretFile ?? undefined)),
    },
  }
}

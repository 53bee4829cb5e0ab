import { isTurnUrl } from '../src/protocol/ice-servers.ts'
import type { SettingName } from './settings.ts'

const BUCKET = ['S3_URL', 'S3_KEY', 'S3_SECRET'] as const

/** Settings that others need or that need others, each with what is wrong. Whether one is right in itself is not looked at. */
export const conflictsOf = (env: Readonly<Partial<Record<string, string>>>): Map<string, string> => {
  const conflicts = new Map<string, string>()
  const isSet = (name: SettingName): boolean => env[name] !== undefined
  const hasTurn = (env['TURN_URLS'] ?? '').split(/[\s,]+/).some(isTurnUrl)
  // Each relay would make one of its own, and the TURN server knows one.
  if (hasTurn && isSet('DATABASE_URL') && !isSet('TURN_SECRET') && !isSet('TURN_SECRET_FILE'))
    conflicts.set(
      'TURN_SECRET',
      'must be set, or TURN_SECRET_FILE: relays over one DATABASE_URL need the same'
    )
  if (!hasTurn && isSet('TURN_SECRET'))
    conflicts.set('TURN_URLS', 'must name the turn: server that TURN_SECRET is for')
  if (BUCKET.some(isSet))
    for (const name of BUCKET)
      if (!isSet(name)) conflicts.set(name, 'must be set: S3_URL, S3_KEY and S3_SECRET belong together')
  if (isSet('REDIS_URL') && !isSet('DATABASE_URL'))
    conflicts.set('DATABASE_URL', 'must be set when REDIS_URL is: several relays need one PostgreSQL')
  return conflicts
}

import { DatabaseError } from 'pg'

/** PostgreSQL's classes: connection lost, out of resources, operator's intervention (a restart), system errors. */
const POSTGRES_CLASSES = new Set(['08', '53', '57', '58'])

/**
 * Whether an error of `pg` says that the server cannot be used now, rather than that a statement is wrong. What the server said has a
 * class; a connection that broke or never was is a plain error, or one of the operating system with its code.
 */
export const isPostgresLost = (error: unknown): boolean => {
  if (error instanceof DatabaseError) return POSTGRES_CLASSES.has((error.code ?? '').slice(0, 2))
  return error instanceof Error && ('code' in error || Object.getPrototypeOf(error) === Error.prototype)
}

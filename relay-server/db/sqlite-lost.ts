/** SQLite's own codes: a lock that another program holds, file system errors, no space. */
const SQLITE_CODES = new Set([5, 10, 13])
/** Whether an error of node:sqlite says that the file cannot be used now. */
export const isSqliteLost = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && SQLITE_CODES.has(Number(error.errcode) & 0xff)

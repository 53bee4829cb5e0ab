/** SQLite's own codes: a lock that another program holds, a file system that became read-only, its errors, no space, a file that cannot be opened. */
const SQLITE_CODES = new Set([5, 8, 10, 13, 14])
/** Whether an error of node:sqlite says that the file cannot be used now. */
export const isSqliteLost = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && SQLITE_CODES.has(Number(error.errcode) & 0xff)

// The package ships types that its "exports" hides; this is the part in use.
declare module 'better-sqlite3-multiple-ciphers' {
  interface Statement {
    run(...values: unknown[]): { changes: number; lastInsertRowid: number | bigint }
    get(...values: unknown[]): unknown
    all(...values: unknown[]): unknown[]
  }
  export default class Database {
    constructor(path: string, options?: { /** Wait for a lock, ms. */ timeout?: number })
    exec(sql: string): this
    prepare(sql: string): Statement
    close(): void
  }
}

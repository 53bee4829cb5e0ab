// The package ships types that its "exports" hides; this is the part in use.
declare module 'better-sqlite3-multiple-ciphers' {
  interface Statement {
    run(...values: unknown[]): { changes: number; lastInsertRowid: number | bigint }
    get(...values: unknown[]): unknown
    all(...values: unknown[]): unknown[]
  }
  export default class Database {
    constructor(path: string)
    exec(sql: string): this
    prepare(sql: string): Statement
    close(): void
  }
}

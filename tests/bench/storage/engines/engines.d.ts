// What the packages ship without types for the paths in use; this is the part in use.
declare module 'sql.js/dist/sql-wasm-browser.js' {
  interface Statement {
    bind(values: readonly (string | number | null)[]): boolean
    step(): boolean
    getAsObject(): Record<string, unknown>
    reset(): void
  }
  interface Database {
    prepare(sql: string): Statement
    export(): Uint8Array
    close(): void
  }
  const init: (options: {
    locateFile: () => string
  }) => Promise<{ Database: new (bytes: Uint8Array) => Database }>
  export default init
}
declare module '@journeyapps/wa-sqlite/src/examples/OPFSWriteAheadVFS.js' {
  export class OPFSWriteAheadVFS {
    static create(name: string, module: unknown, options: object): Promise<SQLiteVFS>
  }
}

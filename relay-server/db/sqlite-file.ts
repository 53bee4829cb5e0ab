import { join } from 'node:path'

/** The embedded database of a data folder. */
export const sqliteFile = (dataDir: string): string => join(dataDir, 'relay.sqlite')

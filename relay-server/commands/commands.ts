import type { Counts } from '../backup/copy-tables.ts'
import type { RelayConfig } from '../config.ts'
import { holdFolder } from '../db/hold-folder.ts'

/** Loaded by those commands alone that need it. */
const backups = () => import('../backup/backup.ts')

interface Command {
  /** As it is typed, arguments in capitals. */
  readonly usage: string
  readonly meaning: string
  /** Whether the relay must not run meanwhile. */
  readonly offline: boolean
  run(config: RelayConfig, folder: string): Promise<Counts>
}

/** What the relay's program does besides running the relay. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  backup: {
    usage: 'backup FOLDER',
    meaning: 'writes everything into a new folder, while the relay runs or not',
    offline: false,
    run: async (config, folder) => (await backups()).backup(config, folder, new Date()),
  },
  restore: {
    usage: 'restore FOLDER',
    meaning: 'puts a backup into an empty data folder, or into the empty PostgreSQL of DATABASE_URL',
    offline: true,
    run: async (config, folder) => (await backups()).restore(config, folder),
  },
  'move-to-postgres': {
    usage: 'move-to-postgres',
    meaning: 'moves from SQLite in the data folder to the empty PostgreSQL of DATABASE_URL',
    offline: true,
    run: async (config) => (await backups()).moveToPostgres(config),
  },
}

/** One line a command. */
export const usage = (): string =>
  [
    'Without an argument the relay runs. Else:',
    '  --print-config: explains every setting',
    ...Object.values(COMMANDS).map((one) => `  ${one.usage}: ${one.meaning}`),
  ].join('\n')

/** Runs a command; answers what to print. Throws with a sentence when it cannot be done. */
export const runCommand = async (
  config: RelayConfig,
  name: string,
  args: readonly string[]
): Promise<string> => {
  const command = COMMANDS[name]
  const wanted = command?.usage.split(' ').length ?? 0
  if (!command || args.length !== wanted - 1) throw new Error(`that is no command.\n${usage()}`)
  const letGo = command.offline ? holdFolder(config.dataDir) : () => {}
  const counts = await command.run(config, args[0] ?? '').finally(letGo)
  const rows = Object.entries(counts).map(([table, count]) => `${table} ${count}`)
  return `Done: ${rows.join(', ')}.`
}

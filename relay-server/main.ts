/** The relay as a program: settings from the environment (see `settings.ts`); SIGTERM, SIGINT and SIGHUP end it gracefully. */
import { printConfig } from './commands/print-config.ts'
import { readConfig, type RelayConfig } from './config.ts'
import { withDatabasePassword } from './db/database-password.ts'
import { endWhenAsked } from './end-when-asked.ts'

/** Prints a sentence and ends the process as failed. */
const fail = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

const serve = async (config: RelayConfig): Promise<void> => {
  // The commands need nothing of all that a running relay loads.
  const { createRelay } = await import('./relay.ts')
  const starting = withDatabasePassword(config).then((whole) => createRelay(whole))
  // Before it has started: who asks it to end then is heard, too.
  endWhenAsked(async () => (await starting).stop(), config.shutdownTime)
  await starting
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Everything that needs settings: running, or one of the commands. */
const start = async (command: string | undefined, args: readonly string[]): Promise<void> => {
  const config = readConfig(process.env)
  if (!config.ok) return fail(config.error)
  if (command === undefined)
    return serve(config.value).catch((error: unknown) => fail(`The relay cannot start: ${reason(error)}`))
  const { runCommand } = await import('./commands/commands.ts')
  const done = await withDatabasePassword(config.value)
    .then((whole) => runCommand(whole, command, args))
    .catch((error: unknown) => fail(`Nothing was done: ${reason(error)}`))
  process.stdout.write(`${done}\n`)
}

const [command, ...rest] = process.argv.slice(2)
if (command === '--print-config' && rest.length === 0) process.stdout.write(printConfig())
else await start(command, rest)

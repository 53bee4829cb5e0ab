/** The relay as a program: settings from the environment (see `settings.ts`); SIGTERM and SIGINT end it gracefully. */
import { printConfig } from './commands/print-config.ts'
import { readConfig, type RelayConfig } from './config.ts'

/** Milliseconds within which several signals are one. */
const ONE_SIGNAL = 1_000
/** Milliseconds beyond the time for requests after which the process ends whatever happens. */
const LAST_RESORT = 10_000

/** Prints a sentence and ends the process as failed. */
const fail = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

const serve = async (config: RelayConfig): Promise<void> => {
  // The commands need nothing of all that a running relay loads.
  const { createRelay } = await import('./relay.ts')
  const relay = await createRelay(config)
  let asked = 0
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const now = performance.now()
      if (asked > 0) {
        // A service manager's signal comes at once by several ways; a later one is from somebody who does not want to wait.
        if (now - asked > ONE_SIGNAL) process.exit(1)
        return
      }
      asked = now
      setTimeout(() => process.exit(1), config.shutdownTime + LAST_RESORT).unref()
      relay.stop().then(
        () => process.exit(0),
        () => process.exit(1)
      )
    })
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Everything that needs settings: running, or one of the commands. */
const start = async (command: string | undefined, args: readonly string[]): Promise<void> => {
  const config = readConfig(process.env)
  if (!config.ok) return fail(config.error)
  if (command === undefined)
    return serve(config.value).catch((error: unknown) => fail(`The relay cannot start: ${reason(error)}`))
  const { runCommand } = await import('./commands/commands.ts')
  const done = await runCommand(config.value, command, args).catch((error: unknown) =>
    fail(`Nothing was done: ${reason(error)}`)
  )
  process.stdout.write(`${done}\n`)
}

const [command, ...rest] = process.argv.slice(2)
if (command === '--print-config' && rest.length === 0) process.stdout.write(printConfig())
else await start(command, rest)

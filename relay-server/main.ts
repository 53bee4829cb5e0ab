/** The relay as a process: settings from the environment (see `config.ts`), SIGTERM and SIGINT end it gracefully. */
import { readConfig } from './config.ts'
import { createRelay } from './relay.ts'

const config = readConfig(process.env)
if (!config.ok) {
  process.stderr.write(`${config.error}\n`)
  process.exit(1)
}

try {
  const relay = await createRelay(config.value)
  let ending = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // The second one is from somebody who does not want to wait.
      if (ending) process.exit(1)
      ending = true
      relay.stop().then(
        () => process.exit(0),
        () => process.exit(1)
      )
    })
  }
} catch (error) {
  process.stderr.write(`The relay cannot start: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

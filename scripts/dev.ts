/** `npm run dev`: Vite's development server with a relay behind it. */
import { createServer } from 'vite'
import { ending, startRelay } from './lib/relay.ts'

const RELAY_PORT = Number(process.env['PORT'] ?? 8080)
process.env['RELAY_ORIGIN'] = `http://localhost:${RELAY_PORT}`

const server = await createServer()
const address = `http://localhost:${server.config.server.port}`
// Signed requests name the address that the page sees.
const relay = await startRelay({
  program: 'relay-server/main.ts',
  port: RELAY_PORT,
  env: { PUBLIC_URL: address },
})
await server.listen()
server.printUrls()
const code = await ending(relay)
await server.close()
process.exit(code)

/**
 * `npm start`: builds page and relay if needed, runs the relay, which serves the page, and says what to do next. With arguments
 * (`npm start -- --print-config`) it runs that command of the relay instead.
 */
import { ensureBuilt } from './lib/build.ts'
import { ending, startRelay } from './lib/relay.ts'
import { run, stop } from './lib/run.ts'

const command = process.argv.slice(2)
if (command.length > 0) process.exit(await run(process.execPath, ['relay-server/main.ts', ...command]))

const port = Number(process.env['PORT'] ?? 8080)
if (!Number.isInteger(port) || port < 1 || port > 65_535) stop('PORT must be a number from 1 to 65535.')

if (!(await ensureBuilt())) stop('MePassa could not be built; the lines above say why.')
const relay = await startRelay({ program: 'dist-relay/main.js', port })

const local = `http://localhost:${port}`
const address = process.env['PUBLIC_URL'] || local
const isPublic = address.startsWith('https://')
console.log(`
MePassa is running at ${address}

Next: open it, type a name, and share your invite link with somebody. To try both sides on this
machine, open it in two browsers, or in one browser with two profiles.

${
  isPublic
    ? `Your reverse proxy must pass ${address} on to ${local}, WebSockets included.`
    : `Other devices need HTTPS: browsers let an app keep keys and data only on https:// addresses, and on
localhost as the one exception. Put a reverse proxy with a certificate in front of port ${port} and start
with PUBLIC_URL=https://your.address TRUST_PROXY=1 npm start`
}

Data and keys are in ${process.env['DATA_DIR'] ?? './data'}. Ctrl+C stops it; nothing is lost.
`)
process.exit(await ending(relay))

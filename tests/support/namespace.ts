/**
 * A machine of its own for one browser: `unshare --net node namespace.ts <port> <socket>`.
 *
 * The network namespace lives as long as this process. In it, the relay is at localhost:<port>, as on a person's own
 * machine, and reached through the Unix socket, which crosses namespaces: nothing else leads out but the link that
 * network.ts lays to the other machine.
 */
import { execFileSync } from 'node:child_process'
import { connect, createServer } from 'node:net'

const [port, socket] = process.argv.slice(2)
if (port === undefined || socket === undefined) throw new Error('Usage: namespace.ts <port> <socket>')

execFileSync('ip', ['link', 'set', 'lo', 'up'])
const server = createServer((near) => {
  const far = connect(socket)
  const end = (): void => {
    near.resetAndDestroy()
    far.destroy()
  }
  for (const half of [near, far]) half.on('error', end).on('close', end)
  near.pipe(far).pipe(near)
})
server.listen(Number(port), '127.0.0.1', () => console.log('ready'))
// The test holds the other end: when it is gone, so is this machine.
process.stdin.resume().on('end', () => process.exit(0))

/** Many devices in one process: libp2p over WebSocket with a reservation, and the app's own watch over it; or bare WebSockets. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { createRelayWatch } from '../../../src/adapters/network/watch-relay.ts'
import { systemClock, systemRandom } from '../../../src/host/platform.ts'
import { until } from '../../support/until.ts'

const AT_ONCE = 8
const DIAL = 15_000
const PATIENCE = 120_000
const target = process.env['TARGET'] ?? ''

const openDevice = async (): Promise<void> => {
  const node = await createLibp2p({
    addresses: { listen: ['/p2p-circuit'] },
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ enableKeepAlive: false })],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ping: ping() },
  })
  // As the app does: a handshake that a busy machine did not finish in time is begun anew.
  const dial = () =>
    node.dial(multiaddr(target), { signal: AbortSignal.timeout(DIAL) }).catch(() => undefined)
  const connection = await until('a connection', dial, { timeout: PATIENCE })
  createRelayWatch()({
    clock: systemClock,
    random: systemRandom,
    connection,
    onSilence: (reason) => connection.abort(reason),
  })
  await until(
    'a reservation',
    () => node.getMultiaddrs().some((address) => address.toString().includes('p2p-circuit')),
    { timeout: PATIENCE }
  )
}

const openSocket = async (): Promise<void> => {
  const socket = new WebSocket(target)
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error('the socket did not open')), { once: true })
  })
}

const openOne = target.startsWith('ws:') ? openSocket : openDevice
process.on('message', (count: number) => {
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) await openOne()
  }
  void Promise.all(Array.from({ length: AT_ONCE }, lane)).then(
    () => process.send?.('opened'),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    }
  )
})
process.send?.({ port: 0 })
process.once('SIGTERM', () => process.exit(0))

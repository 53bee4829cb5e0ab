/**
 * What the app is measured against, run in the very same pages: a bare libp2p node with one WebRTC stream, and a raw data channel. Bundled
 * into one script that puts `barePeer` on the page.
 */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const ECHO = '/mepassa-bench/echo/1.0.0'
const BYTES = 256
const WAIT = 10_000

const start = async (relay: string) => {
  const node = await createLibp2p({
    addresses: { listen: ['/p2p-circuit', '/webrtc'] },
    transports: [webSockets(), circuitRelayTransport(), webRTC({ rtcConfiguration: { iceServers: [] } })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify() },
  })
  await node.handle(ECHO, (stream) => stream.addEventListener('message', (event) => stream.send(event.data)))
  await node.dial(multiaddr(relay))
  const address = await new Promise<string>((resolve) => {
    const look = (): void => {
      const found = node.getMultiaddrs().find((candidate) => String(candidate).includes('/webrtc'))
      if (found) resolve(String(found))
    }
    node.addEventListener('self:peer:update', look)
    look()
  })
  let stream: Stream | undefined
  return {
    address,
    dial: async (to: string): Promise<void> => {
      const connection = await node.dial(multiaddr(to), { signal: AbortSignal.timeout(WAIT), force: true })
      stream = await connection.newStream(ECHO)
    },
    hangUp: async (): Promise<void> => {
      stream = undefined
      await Promise.all(
        node
          .getConnections()
          .filter((one) => !one.remoteAddr.toString().endsWith(relay.split('/').at(-1) ?? ''))
          .map((one) => one.close())
      )
    },
    /** Round trips in ms, one after the other. */
    roundTrips: async (count: number): Promise<number[]> => {
      const open = stream
      if (!open) throw new Error('dial first')
      return times(count, (done) => {
        let held = 0
        const take = (event: { data: { byteLength: number } }): void => {
          held += event.data.byteLength
          if (held < BYTES) return
          open.removeEventListener('message', take as never)
          done()
        }
        open.addEventListener('message', take)
        open.send(new Uint8Array(BYTES))
      })
    },
    stop: () => node.stop(),
  }
}

const times = async (count: number, once: (done: () => void) => void): Promise<number[]> => {
  const out: number[] = []
  for (let i = 0; i < count; i++) {
    const began = performance.now()
    await new Promise<void>((resolve) => once(resolve))
    out.push(performance.now() - began)
  }
  return out
}

/** A raw RTCDataChannel, with its signalling carried by the benchmark. */
const channel = () => {
  const connection = new RTCPeerConnection({ iceServers: [] })
  let data: RTCDataChannel | undefined
  const gathered = async (): Promise<string> => {
    if (connection.iceGatheringState !== 'complete')
      await new Promise<void>((resolve) =>
        connection.addEventListener(
          'icegatheringstatechange',
          () => connection.iceGatheringState === 'complete' && resolve()
        )
      )
    return JSON.stringify(connection.localDescription)
  }
  connection.addEventListener('datachannel', ({ channel: echo }) => {
    echo.binaryType = 'arraybuffer'
    echo.addEventListener('message', (event) => echo.send(event.data as ArrayBuffer))
  })
  return {
    offer: async (): Promise<string> => {
      data = connection.createDataChannel('bench')
      data.binaryType = 'arraybuffer'
      await connection.setLocalDescription(await connection.createOffer())
      return gathered()
    },
    answer: async (offer: string): Promise<string> => {
      await connection.setRemoteDescription(JSON.parse(offer) as RTCSessionDescriptionInit)
      await connection.setLocalDescription(await connection.createAnswer())
      return gathered()
    },
    accept: (answer: string) =>
      connection.setRemoteDescription(JSON.parse(answer) as RTCSessionDescriptionInit),
    roundTrips: async (count: number): Promise<number[]> => {
      const open = data
      if (!open) throw new Error('offer first')
      if (open.readyState !== 'open')
        await new Promise((resolve) => open.addEventListener('open', resolve, { once: true }))
      return times(count, (done) => {
        open.addEventListener('message', () => done(), { once: true })
        open.send(new Uint8Array(BYTES))
      })
    },
  }
}

const barePeer = { start, channel }
export type BarePeer = typeof barePeer
declare global {
  interface Window {
    barePeer: BarePeer
    bareNode: Awaited<ReturnType<BarePeer['start']>>
    bareChannel: ReturnType<BarePeer['channel']>
  }
}
window.barePeer = barePeer

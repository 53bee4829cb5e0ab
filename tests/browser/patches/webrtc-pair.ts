/**
 * Two real WebRTC transports of libp2p in one page. They signal over a pair of streams in memory, where a relayed
 * connection would be; what they connect is real.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, MultiaddrConnection, Stream, StreamHandler, StreamMuxer, StreamMuxerFactory, Upgrader } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { streamPair } from '@libp2p/utils'
import { webRTC } from '@libp2p/webrtc'
import { multiaddr } from '@multiformats/multiaddr'

type Components = Parameters<ReturnType<typeof webRTC>>[0]

export interface WebRTCPair extends AsyncDisposable {
  /** Connects the two and answers with the dialler's muxer. */
  dial(signal: AbortSignal): Promise<StreamMuxer>
  /** Opens a stream over that muxer; answers when the other end has it. */
  openStream(muxer: StreamMuxer): Promise<Stream>
}

/** A pair that is not connected yet. */
export async function webrtcPair(): Promise<WebRTCPair> {
  const [here, there] = await Promise.all([newPeerId(), newPeerId()])
  const dialler = capturingUpgrader()
  const listener = capturingUpgrader()
  const handler = Promise.withResolvers<StreamHandler>()
  const listening = transport({
    peerId: there,
    upgrader: listener.upgrader,
    registrar: { handle: async (_protocol: string, handle: StreamHandler) => handler.resolve(handle) },
  })
  await listening.start()
  const handle = await handler.promise

  const signalling = {
    newStream: async () => {
      const [local, remote] = await streamPair()
      void handle(remote, { remoteAddr: multiaddr(`/p2p/${here.toString()}`), remotePeer: here } as unknown as Connection)
      return local
    },
  }
  const dialling = transport({
    peerId: here,
    upgrader: dialler.upgrader,
    connectionManager: { getConnections: () => [signalling] },
  })

  return {
    async dial(signal) {
      await dialling.dial(multiaddr(`/webrtc/p2p/${there.toString()}`), { signal, upgrader: dialler.upgrader })
      return dialler.muxer
    },
    async openStream(muxer) {
      const other = await listener.muxer
      const arrived = new Promise((resolve) => other.addEventListener('stream', resolve, { once: true }))
      const stream = await muxer.createStream()
      await arrived
      return stream
    },
    async [Symbol.asyncDispose]() {
      dialler.close()
      listener.close()
    },
  }
}

const newPeerId = async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

function transport(components: object) {
  const drop = (): void => undefined
  const log = Object.assign(drop, { error: drop, trace: drop, newScope: () => log })
  const all = { logger: { forComponent: () => log }, events: new EventTarget(), ...components }
  const made = webRTC({ rtcConfiguration: { iceServers: [] } })(all as unknown as Components)
  return made as typeof made & { start(): Promise<void> }
}

/** Stops where libp2p's own upgrader goes on: at the muxer. */
function capturingUpgrader() {
  const muxer = Promise.withResolvers<StreamMuxer>()
  const closers: (() => void)[] = []
  const upgrade = async (connection: MultiaddrConnection, options: { muxerFactory?: StreamMuxerFactory }) => {
    if (options.muxerFactory === undefined) throw new Error('WebRTC brings its own muxer')
    closers.push(() => connection.abort(new Error('over')))
    muxer.resolve(options.muxerFactory.createStreamMuxer(connection))
    return {}
  }
  const upgrader = {
    upgradeInbound: upgrade,
    upgradeOutbound: upgrade,
    createInboundAbortSignal: () => Object.assign(new AbortController().signal, { clear: () => undefined }),
  }
  return {
    upgrader: upgrader as unknown as Upgrader,
    muxer: muxer.promise,
    close: () => closers.forEach((close) => close()),
  }
}

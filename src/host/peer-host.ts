import type { PeerNetwork } from '../core/ports/network.ts'
import { systemClock, systemRandom } from './platform.ts'

/** The libp2p node of a leader's window. */
export interface PeerHost {
  /** Runs a node for the core behind `port`, in the place of any before. */
  serve(port: MessagePort): void
  /** Ends it, with a word of goodbye to the peers where time allows. */
  stop(): void
}

/** Only windows have WebRTC. libp2p is loaded when a core asks for it. */
export const createPeerHost = (secure: boolean): PeerHost => {
  let current: { port: MessagePort; network?: PeerNetwork } | undefined

  const stop = (): void => {
    current?.port.close()
    void current?.network?.stop().catch(() => undefined)
    current = undefined
  }

  return {
    serve: (port) => {
      stop()
      const mine = { port } as NonNullable<typeof current>
      current = mine
      void load().then(({ createPeerNetwork, servePeerNetwork }) => {
        if (current !== mine) return
        mine.network = createPeerNetwork({ clock: systemClock, random: systemRandom, secure })
        servePeerNetwork(mine.network, port)
      })
    },
    stop,
  }
}

const load = async () => {
  const [{ createPeerNetwork }, { servePeerNetwork }] = await Promise.all([
    import('../adapters/network/peer-network.ts'),
    import('../adapters/network/remote.ts'),
  ])
  return { createPeerNetwork, servePeerNetwork }
}

import type { WebSocket } from 'ws'

/** Notices sockets whose other end is gone without a word. */
export interface Heartbeat {
  watch(socket: WebSocket): void
  stop(): void
}

/** `asked`: it was silent for a whole interval, and a ping is under way. */
type Sign = 'heard' | 'silent' | 'asked'

/**
 * Each `interval` ms it pings the sockets of which nothing has come since the time before, and ends those that did not answer the last ping: after
 * three intervals at the latest. Devices speak by themselves more often than not, and writing costs more than anything else that a relay does when
 * nothing happens (docs/BENCHMARKS.md). Pings of WebSocket itself: a browser answers them without its page, and they cost a hundredth of libp2p's on
 * streams of their own. A page that is frozen keeps its socket so; mail that it does not acknowledge wakes it by push.
 */
export const createHeartbeat = (interval: number): Heartbeat => {
  const signs = new Map<WebSocket, Sign>()
  const timer = setInterval(() => {
    for (const [socket, sign] of signs) {
      if (sign === 'asked') {
        socket.terminate()
        continue
      }
      if (sign === 'silent') socket.ping()
      signs.set(socket, sign === 'heard' ? 'silent' : 'asked')
    }
  }, interval)
  timer.unref()
  return {
    watch: (socket) => {
      const hear = (): void => void signs.set(socket, 'heard')
      hear()
      socket.on('message', hear)
      socket.on('pong', hear)
      socket.on('close', () => signs.delete(socket))
    },
    stop: () => clearInterval(timer),
  }
}

import type { WebSocket } from 'ws'

/** Notices sockets whose other end is gone without a word. */
export interface Heartbeat {
  watch(socket: WebSocket): void
  stop(): void
}

/**
 * Pings every socket each `interval` ms, and ends those of which nothing has come since the ping before. Pings of WebSocket itself: a browser answers
 * them without its page, and they cost a hundredth of libp2p's, which open a stream each (docs/BENCHMARKS.md). A page that is frozen keeps its socket
 * so; mail that it does not acknowledge wakes it by push.
 */
export const createHeartbeat = (interval: number): Heartbeat => {
  /** Whether anything has come since the last ping. */
  const heard = new Map<WebSocket, boolean>()
  const timer = setInterval(() => {
    for (const [socket, isAlive] of heard) {
      if (!isAlive) {
        socket.terminate()
        continue
      }
      heard.set(socket, false)
      socket.ping()
    }
  }, interval)
  timer.unref()
  return {
    watch: (socket) => {
      const hear = (): void => void heard.set(socket, true)
      hear()
      socket.on('message', hear)
      socket.on('pong', hear)
      socket.on('close', () => heard.delete(socket))
    },
    stop: () => clearInterval(timer),
  }
}

import { createClient } from '@redis/client'

const CONNECT_TIMEOUT = 3_000
const LONGEST_PAUSE = 2_000
/** A server that hangs is found out by a ping without an answer, and counts as gone. */
const PING_EVERY = 1_000
const SILENCE = 3_000

/** A connection to Redis that may be lost: commands fail at once then, and it connects again by itself. */
export const connectRedis = (url: string) => {
  const client = createClient({
    url,
    // Waiting commands would make requests hang for as long as Redis is away.
    disableOfflineQueue: true,
    pingInterval: PING_EVERY,
    socket: {
      connectTimeout: CONNECT_TIMEOUT,
      socketTimeout: SILENCE,
      reconnectStrategy: (tries) => Math.min(50 * 2 ** Math.min(tries, 10), LONGEST_PAUSE),
    },
  })
  // Unheard, the event would end the process.
  client.on('error', () => {})
  return client
}

export type RedisLink = ReturnType<typeof connectRedis>

/** Starts connecting and waits for the outcome a moment: a relay starts without Redis, too. */
export const begin = async (link: RedisLink): Promise<void> => {
  const connected = link.connect().then(
    () => undefined,
    () => undefined
  )
  await Promise.race([connected, new Promise((resolve) => void setTimeout(resolve, CONNECT_TIMEOUT).unref())])
}

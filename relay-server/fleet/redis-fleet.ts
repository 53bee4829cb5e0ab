import { createHash, randomUUID } from 'node:crypto'
import type { Fleet, FleetEvents } from './fleet.ts'
import { begin, connectRedis, type RedisLink } from './redis-link.ts'

const CHANNEL = 'mepassa:mail'
/** Seconds that a device counts as connected without being named again: a process that was killed takes no one back. */
const PRESENCE = 90
const REFRESH = 30_000
/** Names of one pipeline. */
const PIPELINE = 500

/** Deletes a key only while it holds what this process wrote: the device may have moved on. */
const DELETE_OWN =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

type Message =
  | { readonly kind: 'mail'; readonly names: readonly string[] }
  | { readonly kind: 'opened'; readonly names: readonly string[]; readonly at: string }
  | { readonly kind: 'look' }

/** Devices go by hashes of their names: what Redis holds names nobody. */
const hidden = (name: string): string =>
  createHash('sha256').update(`mepassa ${name}`).digest('base64url').slice(0, 22)

const keyOf = (hash: string): string => `mepassa:at:${hash}`

/**
 * The fleet over Redis: presence in keys that end by themselves, wake-ups over one channel. Nothing here is needed for a message to
 * arrive, only for it to arrive at once.
 */
export const createRedisFleet = async (
  url: string,
  events: FleetEvents,
  { presenceWait }: { readonly presenceWait: number }
): Promise<Fleet> => {
  const instance = randomUUID()
  const commands = connectRedis(url)
  const listener = connectRedis(url)
  /** Names of devices connected here by their hashes. */
  const here = new Map<string, string>()
  let missed = false

  const quietly = (work: Promise<unknown>): void => void work.catch(() => (missed = true))
  const tell = (message: Message): Promise<unknown> => commands.publish(CHANNEL, JSON.stringify(message))
  const refresh = async (): Promise<void> => {
    const hashes = [...here.keys()]
    for (let from = 0; from < hashes.length; from += PIPELINE)
      await Promise.all(
        hashes
          .slice(from, from + PIPELINE)
          .map((hash) => commands.set(keyOf(hash), instance, { expiration: { type: 'EX', value: PRESENCE } }))
      )
  }
  const hear = (text: string): void => {
    const message = JSON.parse(text) as Message
    if (message.kind === 'look') return events.wakeAll()
    for (const hash of message.names) {
      const name = here.get(hash)
      if (name === undefined) continue
      if (message.kind === 'mail') events.wake(name)
      else if (message.at !== instance) {
        // From now on the other one says where it is; said from here too, it would count as connected for ever.
        here.delete(hash)
        events.replaced(name)
      }
    }
  }
  const found = async (link: RedisLink): Promise<void> => {
    if (link === listener) return events.wakeAll()
    await refresh()
    if (!missed) return
    missed = false
    await tell({ kind: 'look' })
  }
  for (const link of [commands, listener]) link.on('ready', () => quietly(found(link)))
  await Promise.all([begin(commands), begin(listener)])
  // Said once; a connection that is made anew listens again by itself.
  quietly(
    listener.isReady
      ? listener.subscribe(CHANNEL, hear)
      : new Promise<void>((resolve) => listener.once('ready', () => resolve())).then(() =>
          listener.subscribe(CHANNEL, hear)
        )
  )
  const timer = setInterval(() => quietly(refresh()), REFRESH)
  timer.unref()

  return {
    wake: async (names) => {
      if (names.length === 0) return new Set()
      const hashes = names.map(hidden)
      quietly(tell({ kind: 'mail', names: hashes }))
      const asked = commands.mGet(hashes.map(keyOf)).catch(() => [])
      const answer = await Promise.race([asked, pause(presenceWait)])
      return new Set(names.filter((_name, index) => typeof answer?.[index] === 'string'))
    },
    opened: (name) => {
      const hash = hidden(name)
      here.set(hash, name)
      quietly(
        Promise.all([
          commands.set(keyOf(hash), instance, { expiration: { type: 'EX', value: PRESENCE } }),
          tell({ kind: 'opened', names: [hash], at: instance }),
        ])
      )
    },
    closed: (name) => {
      const hash = hidden(name)
      here.delete(hash)
      quietly(commands.eval(DELETE_OWN, { keys: [keyOf(hash)], arguments: [instance] }))
    },
    healthy: () => commands.isReady && listener.isReady,
    close: async () => {
      clearInterval(timer)
      for (const link of [commands, listener]) link.destroy()
    },
  }
}

const pause = (milliseconds: number): Promise<undefined> =>
  new Promise((resolve) => void setTimeout(() => resolve(undefined), milliseconds).unref())

import type { Connection, Stream } from '@libp2p/interface'
import { PING_PROTOCOL } from '@libp2p/ping'
import type { Clock, Random } from '../../core/ports/platform.ts'

const PING_BYTES = 32

/** libp2p's ping on one connection. */
export interface Echo {
  /** Ms until the answer was there, at least 1. Rejects when the connection or the stream ends first; it sets no limit of time. */
  ask(): Promise<number>
}

export interface EchoOptions {
  readonly clock: Clock
  readonly random: Random
  readonly keep: boolean
}

interface Open {
  readonly stream: Stream
  readonly ask: () => Promise<number>
}

/**
 * Asks one question at a time: whoever asks while one is open waits for the same answer. With `keep`, all go over one stream, as libp2p's ping allows:
 * opening a stream costs the other side ten times what an answer costs. Only for a side that does not end such streams, as `@libp2p/ping` does.
 */
export const createEcho = (
  connection: Pick<Connection, 'newStream'>,
  { clock, random, keep }: EchoOptions
): Echo => {
  let kept: Open | undefined
  let asking: Promise<number> | undefined

  const open = async (): Promise<Open> => {
    const stream = await connection.newStream(PING_PROTOCOL, { runOnLimitedConnection: true })
    let missing = 0
    let ended = false
    let answer: PromiseWithResolvers<void> | undefined
    stream.addEventListener('message', ({ data }) => {
      missing -= data.byteLength
      if (missing < 0) stream.abort(new Error('an answer to nothing'))
      else if (missing === 0) answer?.resolve()
    })
    const end = (): void => {
      ended = true
      answer?.reject(new Error('the stream ended'))
    }
    stream.addEventListener('close', end)
    stream.addEventListener('remoteCloseWrite', () => {
      end()
      // Half open it would still count, and libp2p allows one.
      stream.abort(new Error('the other side will not answer any more'))
    })
    return {
      stream,
      ask: async () => {
        if (ended) throw new Error('the stream has ended')
        const asked = clock.now()
        missing = PING_BYTES
        answer = Promise.withResolvers()
        // Should sending fail, nobody waits for it.
        answer.promise.catch(() => undefined)
        stream.send(random.bytes(PING_BYTES))
        await answer.promise
        return Math.max(1, clock.now() - asked)
      },
    }
  }

  const once = async (): Promise<number> => {
    const { stream, ask } = await open()
    const time = await ask()
    stream.close().catch((error: unknown) => stream.abort(asError(error)))
    return time
  }

  const overKept = async (): Promise<number> => {
    const old = kept
    try {
      kept = old ?? (await open())
      return await kept.ask()
    } catch (error) {
      kept = undefined
      // That an old stream has ended says nothing of the connection.
      if (old) return overKept()
      throw error
    }
  }

  return {
    ask: () => {
      asking ??= (keep ? overKept() : once()).finally(() => (asking = undefined))
      return asking
    },
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error('no end'))

import * as v from 'valibot'
import type { Clock } from '../../core/ports/platform.ts'
import type { CommandName, Outcome } from '../contract.ts'
import { createAnswers } from './answers.ts'
import type { Channel } from './channel.ts'
import { createCheckedCore, type ServedCore } from './checked-core.ts'
import { listOf, spliceBetween } from './lists.ts'
import { ToCoreSchema, type ToClient, type ToCore } from './messages.ts'

/** One run of the core, served to any number of clients. */
export interface CoreServer {
  /** Tells the client that a leader is there and serves it until the function it returns is called. */
  attach(channel: Channel): () => void
}

const isOwnFailure = (outcome: Outcome<unknown>): boolean =>
  !outcome.ok && outcome.error.kind === 'storage' && outcome.error.reason === 'unavailable'

/** Live queries that one client may hold: far more than any screen shows. */
const MOST_QUERIES = 1_000

/**
 * How long a failure of the core itself is held back, ms. A worker that is being terminated may still run a few tasks after one of them was
 * cut off in the middle, and fail at them; what it failed at the next leader will do. By then it is gone, and says nothing.
 */
const LAST_WORDS = 100

/** Questions that change nothing and have large answers: asked again they are answered again, so that nobody keeps the answers. */
const ANSWERED_ANEW: ReadonlySet<string> = new Set<CommandName>(['backupPiece', 'messagePage', 'search'])

/** Sends the values of a live query: whole, or what changed in a list. */
const sender = (id: string, name: string, send: (body: ToClient) => void): ((value: unknown) => void) => {
  const list = listOf(name)
  let last: readonly unknown[] | undefined
  return (value) => {
    const before = last
    last = list?.get(value)
    if (!list || !before || !last) return send({ type: 'value', id, value })
    const { at, removed, added } = spliceBetween(before, last)
    send({ type: 'change', id, value: list.put(value, added), at, removed })
  }
}

/**
 * Serves a core. What does not parse, and what is meant for another leader, is dropped.
 * @param leader name of this run, unlike that of any other
 */
export const serveCore = (core: ServedCore, leader: string, clock: Pick<Clock, 'after'>): CoreServer => {
  const answers = createAnswers()
  const checked = createCheckedCore(core)

  return {
    attach: (channel) => {
      const queries = new Map<string, () => void>()
      const events = new Map<string, () => void>()
      let attached = true

      const send = (body: ToClient): void => {
        if (attached) channel.send({ leader, body })
      }
      const end = (map: Map<string, () => void>, key: string): void => {
        map.get(key)?.()
        map.delete(key)
      }

      const live = ({ id, name, argument }: ToCore & { type: 'live' }): void => {
        end(queries, id)
        if (queries.size >= MOST_QUERIES) {
          return send({ type: 'refused', id, error: { kind: 'input', reason: 'malformed' } })
        }
        try {
          const query = checked.live(name, argument, sender(id, name, send))
          if (query.ok) queries.set(id, query.value)
          else send({ type: 'refused', id, error: query.error })
        } catch {
          send({ type: 'refused', id, error: { kind: 'storage', reason: 'unavailable' } })
        }
      }

      const take = (body: ToCore): void => {
        switch (body.type) {
          case 'call':
            void (
              ANSWERED_ANEW.has(body.name)
                ? checked.call(body.name, body.argument)
                : answers.once(body.id, () => checked.call(body.name, body.argument))
            ).then((outcome) => {
              const reply = (): void => send({ type: 'reply', id: body.id, outcome })
              if (isOwnFailure(outcome)) clock.after(LAST_WORDS, reply)
              else reply()
            })
            return
          case 'live':
            return live(body)
          case 'end':
            return end(queries, body.id)
          case 'listen': {
            end(events, body.name)
            const stop = checked.on(body.name, (event) => send({ type: 'event', name: body.name, event }))
            if (stop) events.set(body.name, stop)
            return
          }
          case 'unlisten':
            return end(events, body.name)
          case 'ping':
            return send({ type: 'pong' })
          case 'keep':
            return
        }
      }

      const stop = channel.onMessage((message) => {
        const parsed = v.safeParse(ToCoreSchema, message)
        if (parsed.success && parsed.output.leader === leader) take(parsed.output.body)
      })
      send({ type: 'ready' })
      return () => {
        attached = false
        stop()
        for (const one of [...queries.values(), ...events.values()]) one()
      }
    },
  }
}

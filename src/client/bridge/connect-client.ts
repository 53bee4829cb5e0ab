import * as v from 'valibot'
import type { LiveName, LiveQueries, MePassaClient } from '../contract.ts'
import { newMessageId } from '../message-id.ts'
import type { MePassaError } from '../../core/domain/errors.ts'
import type { Clock } from '../../core/ports/platform.ts'
import { err } from '../../lib/result.ts'
import type { Channel } from './channel.ts'
import { createEventListeners } from './event-listeners.ts'
import { listOf, spliced } from './lists.ts'
import { ToClientSchema, type ToClient, type ToCore } from './messages.ts'
import { createPendingCalls } from './pending-calls.ts'
import { LIVE_QUERIES } from './schemas.ts'
import { createSilenceWatch } from './silence.ts'

/**
 * `waiting`: no leader has answered yet; `slow`: five seconds of silence; `migrating`: the leader has said that it will be silent while it brings
 * the store up to date; `failed`: the leader cannot open the core.
 */
export type ClientState =
  'waiting' | 'ready' | 'slow' | 'migrating' | { readonly kind: 'failed'; readonly error: MePassaError }

/** What a client needs besides its channel. */
export interface ClientDeps {
  readonly clock: Pick<Clock, 'after'>
  /** A string that no other request ever has. */
  readonly newId: () => string
  /** Told of each change. */
  readonly onState?: (state: ClientState) => void
}

interface LiveQuery {
  readonly name: LiveName
  readonly argument: unknown
  readonly onValue: (value: unknown) => void
  answered: boolean
  /** Its newest value, of which a change tells only the difference. */
  value?: unknown
}

/**
 * A client over a channel. Whenever a leader says that it is ready, everything unanswered is sent again under the ids it had and every
 * live query is asked anew; answers of an earlier leader are ignored from then on.
 */
export const connectClient = (channel: Channel, deps: ClientDeps): MePassaClient => {
  const queries = new Map<string, LiveQuery>()
  let leader: string | undefined
  let failed: MePassaError | undefined
  let state: ClientState = 'waiting'
  let closed = false

  /** False for what cannot be cloned. Without a leader nothing is sent: the next one gets it all. */
  const send = (body: ToCore): boolean => {
    if (leader === undefined || closed) return true
    try {
      channel.send({ leader, body })
      return true
    } catch {
      return false
    }
  }
  const events = createEventListeners((name, wanted) => send({ type: wanted ? 'listen' : 'unlisten', name }))
  const setState = (next: ClientState): void => {
    if (next === state) return
    state = next
    deps.onState?.(next)
  }
  const silence = createSilenceWatch(
    deps.clock,
    () => send({ type: 'ping' }),
    (silent) => {
      if (!failed && state !== 'migrating')
        setState(silent ? 'slow' : leader === undefined ? 'waiting' : 'ready')
    }
  )
  const look = (): void => {
    const open = [...queries.values()].some((query) => !query.answered)
    silence.awaiting(!closed && !failed && (leader === undefined || calls.size() > 0 || open))
  }
  const calls = createPendingCalls(send, look)

  const ready = (name: string): void => {
    leader = name
    failed = undefined
    silence.heard()
    setState('ready')
    calls.resend()
    for (const [id, query] of queries) {
      query.answered = false
      query.value = undefined
      askLive(id, query)
    }
    for (const event of events.names()) send({ type: 'listen', name: event })
    look()
  }

  const fail = (error: MePassaError): void => {
    failed = error
    leader = undefined
    calls.answerAll(err(error))
    setState({ kind: 'failed', error })
    look()
  }

  const askLive = (id: string, { name, argument }: LiveQuery): void =>
    void send({ type: 'live', id, name, argument })

  const takeValue = (body: ToClient & { type: 'value' | 'change' }): void => {
    const query = queries.get(body.id)
    if (!query) return
    query.answered = true
    look()
    const parsed = v.safeParse(LIVE_QUERIES[query.name][1], body.value)
    const value = parsed.success ? valueAfter(query, parsed.output, body) : undefined
    query.value = value
    if (value !== undefined) query.onValue(value)
    // A change that does not fit what is here: the whole is asked for.
    else if (body.type === 'change') askLive(body.id, query)
  }

  const take = (body: Exclude<ToClient, { type: 'ready' | 'failed' | 'migrating' }>): void => {
    silence.heard()
    switch (body.type) {
      case 'reply':
        return calls.answer(body.id, body.outcome)
      case 'value':
      case 'change':
        return takeValue(body)
      case 'refused':
        // One that is wrong stays wrong; one that the core failed at is asked of the next leader.
        if (body.error.kind === 'input') queries.delete(body.id)
        return look()
      case 'event':
        return events.emit(body.name, body.event)
      case 'pong':
      case 'kept':
        return
    }
  }

  const stop = channel.onMessage((message) => {
    const parsed = v.safeParse(ToClientSchema, message)
    if (!parsed.success || closed) return
    const { leader: from, body } = parsed.output
    if (body.type === 'ready') ready(from)
    else if (body.type === 'failed') fail(body.error)
    else if (body.type === 'migrating') setState('migrating')
    else if (from === leader) take(body)
  })
  look()

  return {
    call: async (name, argument) => {
      if (closed) return err({ kind: 'storage', reason: 'unavailable' })
      if (failed) return err(failed)
      return calls.call(deps.newId(), name, argument)
    },
    live: <N extends LiveName>(
      name: N,
      argument: LiveQueries[N][0],
      onValue: (value: LiveQueries[N][1]) => void
    ) => {
      const id = deps.newId()
      const query = { name, argument, onValue: onValue as (value: unknown) => void, answered: false }
      queries.set(id, query)
      askLive(id, query)
      look()
      return () => {
        if (queries.delete(id)) send({ type: 'end', id })
        look()
      }
    },
    on: events.on,
    newMessageId,
    close: async () => {
      for (const id of queries.keys()) send({ type: 'end', id })
      for (const name of events.names()) send({ type: 'unlisten', name })
      queries.clear()
      closed = true
      silence.stop()
      stop()
      calls.answerAll(err({ kind: 'storage', reason: 'unavailable' }))
      channel.close()
    },
  }
}

/** The value as it is now; undefined where a change does not fit the one before. */
const valueAfter = (
  { name, value: before }: LiveQuery,
  value: unknown,
  body: ToClient & { type: 'value' | 'change' }
): unknown => {
  if (body.type === 'value') return value
  const list = listOf(name)
  if (!list || before === undefined) return undefined
  const { at, removed } = body
  const items = spliced(list.get(before), { at, removed, added: list.get(value) })
  return items && list.put(value, items)
}

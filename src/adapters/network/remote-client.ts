import * as v from 'valibot'
import type { PeerEvent, PeerNetwork, Reply } from '../../core/ports/network.ts'
import { ok } from '../../lib/result.ts'
import { failed } from './failures.ts'
import { ToCoreSchema, type Method, type NetworkPort, type Outcome, type ToNode } from './remote-messages.ts'

/** Longest wait for the window, ms: it may have gone away without a word. The first call waits for libp2p's code. */
const TIMEOUTS: Partial<Record<Method, number>> = { start: 60_000, dial: 45_000, stop: 5_000 }
const TIMEOUT = 20_000

type Hello = Parameters<PeerNetwork['start']>[1]
type Args<M extends Method> = Extract<ToNode, { method: M }>['args']

/** The network that is served at the other end of `port`. A window that does not answer is a `timeout`. */
export const connectPeerNetwork = (port: NetworkPort): PeerNetwork => {
  const waiting = new Map<number, (outcome: Outcome) => void>()
  const listeners = new Set<(event: PeerEvent) => void>()
  const roundTrips = new Map<string, number>()
  let nextCall = 0
  let hello: Hello | undefined

  // Nothing is moved: the outbox sends the same bytes again until they are acknowledged.
  const post = (message: ToNode): void => port.postMessage(message, [])

  const call = <M extends Method>(method: M, args: Args<M>): Promise<Outcome> => {
    const id = nextCall++
    const answered = new Promise<Outcome>((resolve) => {
      const timer = setTimeout(() => resolve(failed('timeout')), TIMEOUTS[method] ?? TIMEOUT)
      waiting.set(id, (outcome) => {
        clearTimeout(timer)
        resolve(outcome)
      })
    }).finally(() => waiting.delete(id))
    post({ type: 'call', id, method, args } as ToNode)
    return answered
  }

  const done = async (outcome: Promise<Outcome>): Reply<null> => {
    const reply = await outcome
    return reply.ok ? ok(null) : reply
  }

  const answerHello = async (id: number, own: Uint8Array, relay: Uint8Array): Promise<void> => {
    const answer = await hello?.(own, relay).catch(() => null)
    post({ type: 'hello', id, hello: answer ?? null })
  }

  const onEvent = (event: PeerEvent, roundTrip: number | null): void => {
    if (event.type === 'frame' || event.type === 'peer') {
      if (event.type === 'peer' && event.state === 'disconnected') roundTrips.delete(event.peerId)
      else if (roundTrip !== null) roundTrips.set(event.peerId, roundTrip)
    }
    for (const listener of [...listeners]) listener(event)
  }

  port.addEventListener('message', ({ data }) => {
    const message = v.safeParse(ToCoreSchema, data)
    if (!message.success) return
    const heard = message.output
    if (heard.type === 'outcome') waiting.get(heard.id)?.(heard.outcome)
    else if (heard.type === 'event') onEvent(heard.event, heard.roundTrip)
    else void answerHello(heard.id, heard.own, heard.relay)
  })
  port.start?.()

  return {
    start: async (relays, sign) => {
      hello = sign
      const outcome = await call('start', [relays.map(({ origin, info }) => ({ origin, info }))])
      if (!outcome.ok) throw new Error('the peer network did not start')
    },
    useIceServers: (origin, servers) => void call('useIceServers', [origin, [...servers]]),
    leave: async (origin) => void (await call('leave', [origin])),
    stop: async () => void (await call('stop', [])),
    allow: (peerId) => void call('allow', [peerId]),
    forbid: (peerId) => void call('forbid', [peerId]),
    dial: ({ peerId, addresses }) => done(call('dial', [{ peerId, addresses: [...addresses] }])),
    send: (peerId, frame) => done(call('send', [peerId, frame])),
    sendMailbox: (origin, frame) => done(call('sendMailbox', [origin, frame])),
    hangUp: async (peerId) => void (await call('hangUp', [peerId])),
    roundTrip: (peerId) => roundTrips.get(peerId) ?? null,
    dhtPut: (locator, record) => done(call('dhtPut', [locator, record])),
    dhtGet: async (locator) => {
      const outcome = await call('dhtGet', [locator])
      if (!outcome.ok) return outcome
      return outcome.value ? ok(outcome.value) : failed('not-found')
    },
    wake: () => void call('wake', []),
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

import * as v from 'valibot'
import type { PeerEvent, PeerNetwork } from '../../core/ports/network.ts'
import { failed } from './failures.ts'
import {
  movable,
  ToNodeSchema,
  type Call,
  type NetworkPort,
  type Outcome,
  type ToCore,
} from './remote-messages.ts'

/** Longest wait for the core's signature, ms. */
const HELLO_TIMEOUT = 10_000

/** Serves a network to the core behind `port`; the function it returns ends that, but leaves the network running. */
export const servePeerNetwork = (network: PeerNetwork, port: NetworkPort): (() => void) => {
  const hellos = new Map<number, (hello: Uint8Array | null) => void>()
  let nextHello = 0

  const post = (message: ToCore, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)

  const hello = async (own: Uint8Array, relay: Uint8Array): Promise<Uint8Array> => {
    const id = nextHello++
    const answer = await new Promise<Uint8Array | null>((resolve) => {
      hellos.set(id, resolve)
      AbortSignal.timeout(HELLO_TIMEOUT).addEventListener('abort', () => resolve(null))
      post({ type: 'hello', id, own, relay })
    }).finally(() => hellos.delete(id))
    if (!answer) throw new Error('the core gave no hello')
    return answer
  }

  const run = async (call: Call): Promise<Outcome> => {
    switch (call.method) {
      case 'start':
        await network.start(call.args[0], hello)
        return NOTHING
      case 'useIceServers':
        network.useIceServers(...call.args)
        return NOTHING
      case 'leave':
        await network.leave(call.args[0])
        return NOTHING
      case 'stop':
        await network.stop()
        return NOTHING
      case 'allow':
        network.allow(call.args[0])
        return NOTHING
      case 'forbid':
        network.forbid(call.args[0])
        return NOTHING
      case 'wake':
        network.wake()
        return NOTHING
      case 'hangUp':
        await network.hangUp(call.args[0])
        return NOTHING
      case 'dial':
        return network.dial(call.args[0])
      case 'send':
        return network.send(...call.args)
      case 'sendMailbox':
        return network.sendMailbox(...call.args)
      case 'dhtPut':
        return network.dhtPut(...call.args)
      case 'dhtGet':
        return network.dhtGet(...call.args)
    }
  }

  const onMessage = ({ data }: { readonly data: unknown }): void => {
    const message = v.safeParse(ToNodeSchema, data)
    if (!message.success) return
    const heard = message.output
    if (heard.type === 'hello') {
      hellos.get(heard.id)?.(heard.hello)
      return
    }
    void run(heard)
      .catch((): Outcome => failed('unsupported'))
      .then((outcome) => post({ type: 'outcome', id: heard.id, outcome }))
  }

  const onEvent = (event: PeerEvent): void => {
    const peer = event.type === 'frame' || event.type === 'peer' ? event.peerId : undefined
    const roundTrip = peer === undefined ? null : network.roundTrip(peer)
    const plain =
      event.type === 'local'
        ? { ...event, peer: event.peer && { ...event.peer, addresses: [...event.peer.addresses] } }
        : event
    post({ type: 'event', event: plain, roundTrip }, 'frame' in event ? movable(event.frame) : [])
  }

  port.addEventListener('message', onMessage)
  port.start?.()
  const end = network.onEvent(onEvent)
  return () => {
    end()
    port.removeEventListener('message', onMessage)
  }
}

const NOTHING: Outcome = { ok: true, value: null }

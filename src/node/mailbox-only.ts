import type { PeerNetwork } from '../core/ports/network.ts'
import { err } from '../lib/result.ts'

/** A peer network that never connects: the core then asks the relays' mailboxes from time to time, and nobody learns an address. */
export const mailboxOnly = (): PeerNetwork => {
  const offline = async () => err({ kind: 'network', reason: 'offline' } as const)
  const nothing = (): void => undefined
  return {
    start: async () => undefined,
    useIceServers: nothing,
    leave: async () => undefined,
    stop: async () => undefined,
    allow: nothing,
    forbid: nothing,
    dial: offline,
    send: offline,
    sendMailbox: offline,
    hangUp: async () => undefined,
    roundTrip: () => null,
    dhtPut: offline,
    dhtGet: offline,
    wake: nothing,
    onEvent: () => nothing,
  }
}

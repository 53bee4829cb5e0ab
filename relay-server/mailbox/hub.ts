import { soleFleet, type Fleet, type FleetEvents } from '../fleet/fleet.ts'
import type { Delivery } from '../../src/protocol/gen/wire_pb.js'
import type { AccountId, DeviceId } from '../../src/protocol/ids.ts'
import type { Settle } from './pump.ts'

/** One device's open mailbox stream. */
export interface MailboxSession {
  /** New envelopes are stored: look. */
  wake(): void
  /** Gives an envelope that is being stored, if it may go at once. */
  forward(delivery: Delivery): Settle
  /** Ends it: another stream of this device took its place, or the relay stops. */
  end(code: string): Promise<void>
}

/** Which devices are connected: to this process, and, by its fleet, to any other over the same store. */
export interface MailboxHub {
  /** Puts a session in place of the device's old one, which ends; returns what takes it out again. */
  open(account: AccountId, device: DeviceId, session: MailboxSession): () => void
  /** Whether it is connected to this process. */
  isHere(name: DeviceName): boolean
  /** Gives an envelope that is being stored to a device, if it is connected here and it may go at once. */
  forward(name: DeviceName, delivery: Delivery): Settle
  /** Tells devices of new mail; answers those that are connected, here or elsewhere, in the order given. */
  wake<Device extends DeviceName>(devices: readonly Device[]): Promise<readonly Device[]>
  /** Ends the session of a device that is no more, wherever it is connected. */
  drop(name: DeviceName): void
  /** Devices connected to this process. */
  size(): number
  /** All devices connected here look for mail. */
  wakeAll(): void
  /** Whether word from other relays over the same store comes at once. */
  healthy(): boolean
  /** Says goodbye to all; returns when they have been told, or cannot be. */
  endAll(): Promise<void>
  close(): Promise<void>
}

export interface DeviceName {
  readonly account: AccountId
  readonly device: DeviceId
}

const nameOf = ({ account, device }: DeviceName): string => `${account}.${device}`

/** Makes the hub; `join` makes its fleet. */
export const createMailboxHub = async (
  join: (events: FleetEvents) => Promise<Fleet> = async () => soleFleet
): Promise<MailboxHub> => {
  const sessions = new Map<string, MailboxSession>()
  const wakeAll = (): void => {
    for (const session of sessions.values()) session.wake()
  }
  const fleet = await join({
    wake: (name) => sessions.get(name)?.wake(),
    wakeAll,
    replaced: (name) => {
      void sessions.get(name)?.end('replaced')
      sessions.delete(name)
    },
  })
  return {
    open: (account, device, session) => {
      const name = nameOf({ account, device })
      void sessions.get(name)?.end('replaced')
      sessions.set(name, session)
      fleet.opened(name)
      return () => {
        if (sessions.get(name) !== session) return
        sessions.delete(name)
        fleet.closed(name)
      }
    },
    isHere: (device) => sessions.has(nameOf(device)),
    forward: (device, delivery) => {
      const name = nameOf(device)
      const session = sessions.get(name)
      const settle = session?.forward(delivery)
      return (stored) => {
        const has = settle?.(stored) === true
        // Another stream has taken the place of the one that got it, and may have looked too early.
        if (has && sessions.get(name) !== session) sessions.get(name)?.wake()
        return has
      }
    },
    wake: async (devices) => {
      const away: string[] = []
      for (const one of devices) {
        const session = sessions.get(nameOf(one))
        if (session) session.wake()
        else away.push(nameOf(one))
      }
      const elsewhere = await fleet.wake(away)
      return devices.filter((one) => sessions.has(nameOf(one)) || elsewhere.has(nameOf(one)))
    },
    drop: (device) => {
      const name = nameOf(device)
      void sessions.get(name)?.end('removed')
      sessions.delete(name)
      // Where else it is connected, it is told as if a newer stream had taken its place.
      fleet.opened(name)
      fleet.closed(name)
    },
    size: () => sessions.size,
    wakeAll,
    healthy: fleet.healthy,
    close: fleet.close,
    endAll: async () => {
      const all = [...sessions.entries()]
      sessions.clear()
      for (const [name] of all) fleet.closed(name)
      await Promise.all(all.map(([, session]) => session.end('stopping')))
    },
  }
}

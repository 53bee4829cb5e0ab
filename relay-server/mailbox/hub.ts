import type { AccountId, DeviceId } from '../../src/protocol/ids.ts'

/** One device's open mailbox stream. */
export interface MailboxSession {
  /** New envelopes are stored: look. */
  wake(): void
  /** Ends it: another stream of this device took its place, or the relay stops. */
  end(code: string): Promise<void>
}

/** Which devices are connected to this process. */
export interface MailboxHub {
  /** Puts a session in place of the device's old one, which ends; returns what takes it out again. */
  open(account: AccountId, device: DeviceId, session: MailboxSession): () => void
  /** Tells a device of new mail; false if it is not connected. */
  wake(account: AccountId, device: DeviceId): boolean
  size(): number
  /** Says goodbye to all; returns when they have been told, or cannot be. */
  endAll(): Promise<void>
}

/** Makes the hub. */
export const createMailboxHub = (): MailboxHub => {
  const sessions = new Map<string, MailboxSession>()
  const nameOf = (account: AccountId, device: DeviceId): string => `${account}.${device}`
  return {
    open: (account, device, session) => {
      const name = nameOf(account, device)
      void sessions.get(name)?.end('replaced')
      sessions.set(name, session)
      return () => {
        if (sessions.get(name) === session) sessions.delete(name)
      }
    },
    wake: (account, device) => {
      const session = sessions.get(nameOf(account, device))
      session?.wake()
      return session !== undefined
    },
    size: () => sessions.size,
    endAll: async () => {
      const all = [...sessions.values()]
      sessions.clear()
      await Promise.all(all.map((session) => session.end('stopping')))
    },
  }
}

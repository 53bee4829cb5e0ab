import { Wake } from '../../src/protocol/gen/wire_pb.js'
import type { AccountId } from '../../src/protocol/ids.ts'
import type { NewEnvelope } from '../mailbox/deposit.ts'
import type { MailWake } from './waker.ts'

/** How an absent device is woken for an envelope; null: not at all. */
export type WakeKind = MailWake['kind'] | null

/** What a number of the wire means; one of a later version wakes nobody. */
export const wakeKindOf = (wake: Wake): WakeKind => {
  if (wake === Wake.NOTIFY) return 'notify'
  return wake === Wake.CALL ? 'call' : null
}

/** An envelope of a deposit with what its sender wants done about a device that is away. */
export interface WakingEnvelope extends NewEnvelope {
  readonly wake: WakeKind
  /** Sealed for the device's service worker. */
  readonly preview: Uint8Array | undefined
}

/**
 * The wake-ups of one account's deposit: for what is new there. By a request key they are without previews, since no such sender has the key,
 * and no stranger rings.
 */
export const wakesOf = (
  account: AccountId,
  entries: readonly WakingEnvelope[],
  { fresh, request }: { readonly fresh: readonly number[]; readonly request: boolean },
  expiresAt: number
): readonly MailWake[] =>
  fresh.flatMap((index) => {
    const entry = entries[index]
    if (!entry?.wake) return []
    const { device, id, wake, preview } = entry
    return [
      {
        account,
        device,
        // Copies: these would keep the whole body of the request in memory for as long as the push waits.
        envelope: new Uint8Array(id),
        kind: request ? 'notify' : wake,
        preview: request || !preview ? undefined : new Uint8Array(preview),
        expiresAt,
      },
    ]
  })

import type { VanishTimer } from '../../protocol/content.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'

/**
 * `invited`: we said hello and wait; `request`: they did and we have not answered; `accepted`: both talk;
 * `ignored`: their request was put aside, silently; `blocked`: nothing comes in or goes out.
 */
export type ContactState = 'invited' | 'request' | 'accepted' | 'ignored' | 'blocked'

/** `review`: a verified contact gained a device, or a device came with another key: sending waits for the person. */
export type SafetyState = 'unverified' | 'verified' | 'review'

/** What the app shows of another person. */
export interface Contact {
  readonly account: AccountId
  readonly name: string
  readonly state: ContactState
  readonly safety: SafetyState
  readonly since: number
  /** Seconds after which new messages of this chat vanish. Absent: they stay. */
  readonly vanishAfter?: number
}

/** One device of an account as its newest verified list gives it. Keys in base64url. */
export interface DeviceInfo {
  readonly id: DeviceId
  readonly identityKey: string
  readonly registrationId: number
  readonly requestKey: string
}

/** What may be shown of a stored contact: no keys. */
export const toContact = (
  row: Omit<Contact, 'vanishAfter'> & { readonly vanish?: VanishTimer }
): Contact => ({
  account: row.account,
  name: row.name,
  state: row.state,
  safety: row.safety,
  since: row.since,
  ...(row.vanish && row.vanish.after > 0 ? { vanishAfter: row.vanish.after } : {}),
})

import type { Me } from './api.ts'
import type { OwnAccount } from './ports/storage.ts'

/** What may be shown of the own account. */
export const toMe = (own: OwnAccount): Me => ({ account: own.account, name: own.name, relays: own.relays })

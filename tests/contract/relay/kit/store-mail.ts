/** Accounts of a store and what is deposited for them. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { DepositOptions, DepositOutcome, NewEnvelope } from '../../../../relay-server/mailbox/deposit.ts'
import type { RelayStore } from '../../../../relay-server/store/relay-store.ts'
import { parseAccountId, type AccountId, type DeviceId } from '../../../../src/protocol/ids.ts'

export const ONE = 1 as DeviceId
/** Hashes of the keys that open the mailbox of an account: the delivery key, and two request keys. */
export const DELIVERY = new Uint8Array(32).fill(1)
export const REQUEST = new Uint8Array(32).fill(2)
export const OTHER_REQUEST = new Uint8Array(32).fill(3)
/** As much as a page may hold. */
export const MOST = { count: 100, bytes: 1_000_000, now: 1_000 }

export const bytes = (size: number): Uint8Array => new Uint8Array(randomBytes(size))

/** An id that nobody has. */
export const accountId = (): AccountId => {
  const account = parseAccountId(randomUUID())
  if (!account) throw new Error('no account')
  return account
}

export const envelope = (size = 10, device = ONE): NewEnvelope => ({
  device,
  id: bytes(16),
  body: bytes(size),
})

export const options = (more: Partial<DepositOptions> = {}): DepositOptions => ({
  now: 1_000,
  expiresAt: 9_000,
  ...more,
})

/** Registers an account with its device 1, whose mailbox all three keys open. */
export const newAccountIn = async (store: RelayStore): Promise<AccountId> => {
  const account = accountId()
  await store.devices.register({
    account,
    device: ONE,
    requestKey: bytes(32),
    publishKey: bytes(32),
    approved: false,
  })
  await store.keys.replace(account, [
    { hash: DELIVERY, kind: 'delivery', expiresAt: null },
    { hash: REQUEST, kind: 'request', expiresAt: null },
    { hash: OTHER_REQUEST, kind: 'request', expiresAt: null },
  ])
  return account
}

/** Deposits for one account. */
export const giveTo = async (
  store: RelayStore,
  account: AccountId,
  entries: readonly NewEnvelope[],
  more: Partial<DepositOptions> = {},
  keyHash: Uint8Array = DELIVERY
): Promise<DepositOutcome> => {
  const [outcome] = await store.mailbox.deposit(
    [{ account, keyHash, listRevision: 0, entries }],
    options(more)
  )
  if (!outcome) throw new Error('no outcome')
  return outcome
}

/** What became of a deposit: the devices for which it was stored, or why nothing was done. */
export const storedOf = (outcome: DepositOutcome) => (outcome.kind === 'done' ? outcome.stored : outcome.kind)
/** The same of those that were refused. */
export const refusedOf = (outcome: DepositOutcome) =>
  outcome.kind === 'done' ? outcome.refused : outcome.kind

import type { DeviceId } from '../../src/protocol/ids.ts'
import type { RelayContext } from '../context.ts'
import { deliveryOf } from './delivery.ts'
import type { DepositOptions, DepositOutcome, DepositRequest } from './deposit.ts'
import type { MailboxHub } from './hub.ts'

/** How a deposit ended. */
export interface Forwarded {
  readonly outcome: DepositOutcome | undefined
  /** Devices that were given all of it while it was stored, and need no word that there is mail. */
  readonly reached: ReadonlySet<DeviceId>
}

/**
 * Stores a deposit, and gives it to devices that are connected here while it is on its way to the disk, which takes longer than all else. The sender still
 * hears of it once it is stored, and what a device acknowledges on the same stream is deleted after that. If storing fails, the device has it nevertheless,
 * and the sender offers it again under the same id.
 */
export const storeAndForward = async (
  { store, hub, admission }: Pick<RelayContext, 'store' | 'hub' | 'admission'>,
  deposit: DepositRequest,
  options: DepositOptions
): Promise<Forwarded> => {
  const { account, entries } = deposit
  const isHere = entries.some(({ device }) => hub.isHere({ account, device }))
  const reach = isHere && admission.admits(deposit, options.now) ? give(hub, deposit, options.now) : nobody
  const learn = isHere ? admission.watch(deposit) : undefined
  let outcome: DepositOutcome | undefined
  let reached: ReadonlySet<DeviceId>
  try {
    ;[outcome] = await store.mailbox.deposit([deposit], options)
  } finally {
    reached = reach(outcome)
  }
  if (outcome) learn?.(outcome)
  return { outcome, reached }
}

/** Takes how storing ended; answers which devices were given all of it. */
type Reach = (outcome: DepositOutcome | undefined) => ReadonlySet<DeviceId>

const nobody: Reach = () => new Set()

const give = (hub: MailboxHub, { account, entries }: DepositRequest, now: number): Reach => {
  const given = entries.map(({ device, id, body }) => ({
    device,
    settle: hub.forward({ account, device }, deliveryOf({ id, body, request: false, storedAt: now })),
  }))
  return (outcome) => {
    const reached = new Set(entries.map(({ device }) => device))
    for (const [index, { device, settle }] of given.entries())
      if (!settle(isStored(outcome, index))) reached.delete(device)
    return reached
  }
}

/** Whether an entry, by its index, is stored for certain. */
const isStored = (outcome: DepositOutcome | undefined, index: number): boolean =>
  outcome?.kind === 'done' && (outcome.refused.length === 0 || outcome.fresh.includes(index))

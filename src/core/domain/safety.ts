import type { DeviceInfo, SafetyState } from './contact.ts'

/** What a newer device list brought that a person may want to know. */
export interface Appeared {
  /** Devices that were not in the list before. */
  readonly added: readonly number[]
  /** Device ids that now come with another key. */
  readonly rekeyed: readonly number[]
}

/**
 * Compares two device lists of one account; with no list before, everything is simply known. An id that was gone and is back counts as new,
 * though the person has seen it once: it may be another device under an old number.
 */
export const appearedDevices = (
  before: readonly DeviceInfo[],
  after: readonly DeviceInfo[],
  known: readonly number[]
): Appeared => {
  if (before.length === 0 && known.length === 0) return { added: [], rekeyed: [] }
  const keys = new Map(before.map((device) => [device.id, device.identityKey]))
  return {
    added: after
      .filter(({ id }) => !keys.has(id) && (before.length > 0 || !known.includes(id)))
      .map((device) => device.id),
    rekeyed: after
      .filter((device) => keys.has(device.id) && keys.get(device.id) !== device.identityKey)
      .map((device) => device.id),
  }
}

/**
 * Architecture §4: a verified contact that gains a device, or an id that appears with two keys, stops sending until the person has looked.
 */
export const reviewAfter = (safety: SafetyState, appeared: Appeared): SafetyState => {
  if (appeared.rekeyed.length > 0) return 'review'
  if (appeared.added.length > 0 && safety !== 'unverified') return 'review'
  return safety
}

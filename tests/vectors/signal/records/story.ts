import * as ours from '../../../../src/signal/index.ts'
import { createPartyOn, type Party, type PartyState } from '../../../interop/signal/harness.ts'

/** Stored records of a party, as text: kind of record → key → base64. */
export type StoredParty = {
  readonly name: string
  readonly device: number
  readonly registrationId: number
  readonly identity: string
  readonly records: Readonly<Record<RecordKind, Readonly<Record<string, string>>>>
}

/** A message that was on its way when the records were written. */
export type InFlight = {
  readonly from: string
  readonly to: string
  readonly kind: 'session' | 'group'
  readonly type: number
  readonly bytes: string
  readonly text: string
}

/** One moment: whatever was stored, and what was on its way. */
export type Moment = {
  readonly what: string
  readonly parties: readonly StoredParty[]
  readonly inFlight: readonly InFlight[]
}

export type RecordFile = { readonly writtenBy: string; readonly moments: readonly Moment[] }

const KINDS = ['sessions', 'identities', 'preKeys', 'signedPreKeys', 'kyberPreKeys', 'senderKeys'] as const
type RecordKind = (typeof KINDS)[number]

/** The distribution of the stories' group. */
export const GROUP = 'd1d1d1d1-7000-11eb-b32a-33b8a8a487a6'

export const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
export const toBytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'base64'))

const mapOf = (state: PartyState, kind: RecordKind): Map<string | number, Uint8Array> => state[kind]

/** What a party has stored. */
export const storedParty = (party: Party): StoredParty => ({
  name: party.address.name(),
  device: party.address.deviceId(),
  registrationId: party.registrationId,
  identity: toText(party.identity.serialize()),
  records: Object.fromEntries(
    KINDS.map((kind) => [
      kind,
      Object.fromEntries([...mapOf(party.stores.state, kind)].map(([key, bytes]) => [key, toText(bytes)])),
    ])
  ) as StoredParty['records'],
})

/** A party that goes on from stored records. */
export const restoredParty = (stored: StoredParty): Party => {
  const kept = { identity: toBytes(stored.identity), registrationId: stored.registrationId }
  const party = createPartyOn('ours', ours, stored.name, stored.device, undefined, kept)
  for (const kind of KINDS) {
    const isNumbered = kind === 'preKeys' || kind === 'signedPreKeys' || kind === 'kyberPreKeys'
    for (const [key, text] of Object.entries(stored.records[kind]))
      mapOf(party.stores.state, kind).set(isNumbered ? Number(key) : key, toBytes(text))
  }
  return party
}

/** Schemas of what the keeper of the store can be asked, by name: the one list that both sides check with. */
import * as v from 'valibot'
import type { KeeperCommand, KeeperCommands } from '../../core/domain/keeper.ts'

type Pair<T extends readonly [unknown, unknown]> = readonly [
  argument: v.GenericSchema<unknown, T[0]>,
  answer: v.GenericSchema<unknown, T[1]>,
]

/** Longer ones are refused: each is hashed, which takes its time. */
const passphrase = v.pipe(v.string(), v.maxLength(1_024))
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const nothing = v.null()
/** Asked when a key is there: an address that is not secure has no such class. */
const secret = v.custom<CryptoKey>((value) => value instanceof CryptoKey && value.algorithm.name === 'HKDF')
const bytes = v.pipe(v.instance(Uint8Array), v.minLength(1), v.maxLength(1_023))
const passkey = { credential: bytes, salt: bytes }
const report = v.object({
  messages: count,
  contacts: count,
  lostMessages: count,
  lostOthers: count,
  keptFolder: v.string(),
})

export const KEEPER: { readonly [N in KeeperCommand]: Pair<KeeperCommands[N]> } = {
  lockState: [nothing, v.object({ isSet: v.boolean(), passkey: v.nullable(v.object(passkey)) })],
  lock: [nothing, nothing],
  unlock: [v.object({ passphrase }), nothing],
  setLock: [v.object({ passphrase, current: v.nullable(passphrase) }), nothing],
  unlockWithPasskey: [v.object({ secret }), nothing],
  addPasskey: [v.object({ ...passkey, secret, current: passphrase }), nothing],
  removePasskey: [nothing, nothing],
  removeLock: [v.object({ current: passphrase }), nothing],
  recover: [nothing, report],
  keptFiles: [
    nothing,
    v.pipe(v.array(v.object({ folder: v.string(), size: count, at: count })), v.readonly()),
  ],
  deleteKept: [v.object({ folder: v.string() }), nothing],
  news: [nothing, v.object({ recovery: v.nullable(report), missing: count })],
  acknowledge: [nothing, nothing],
  wipe: [nothing, nothing],
}

export const isKeeperCommand = (name: string): name is KeeperCommand => Object.hasOwn(KEEPER, name)

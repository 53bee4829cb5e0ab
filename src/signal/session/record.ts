import { equalBytes, type Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import type { PublicKey } from '../keys/ec.ts'
import { decode, encode } from '../proto/wire.ts'
import type { PendingPreKey, SessionState } from './state.ts'
import { loadSession, saveSession, wipeSession } from './storage.ts'

/** How many former sessions are kept (spec §8.1). */
const MAX_ARCHIVED = 40
const FORMAT_VERSION = 1
const RECORD = {
  current: [1, 'bytes'],
  archived: [2, 'bytes[]'],
  format: [100, 'uint32', 'required'],
} as const
const MILLISECONDS = 1000
/** How long a session may stay unanswered, in seconds (30 days, spec §8.2). */
const PENDING_LIFETIME = 30 * 24 * 60 * 60

/** Whether an unanswered session is too old to go on with (spec §8.2). */
export const isStale = (pending: PendingPreKey | null, now: Date): boolean =>
  pending !== null && pending.timestamp + PENDING_LIFETIME < Math.floor(now.getTime() / MILLISECONDS)

/** Loads a stored session; throws `invalid-session` when it can't be read. */
export const openSession = (bytes: Uint8Array, operation: string): SessionState => {
  const state = loadSession(bytes)
  if (state === null)
    throw signalError('invalid-session', 'invalid session: failed to decode session state', operation)
  return state
}

/**
 * All sessions with one remote device: at most one current and 40 archived, newest first (spec §8.1). Holds bytes only;
 * working copies are loaded from them.
 */
export class SessionRecord {
  #current: Bytes | null
  #archived: readonly Bytes[]

  private constructor(current: Bytes | null, archived: readonly Bytes[]) {
    this.#current = current
    this.#archived = archived
  }

  /** A record without any session. */
  static empty(): SessionRecord {
    return new SessionRecord(null, [])
  }

  /** Throws `invalid-session`. */
  static deserialize(bytes: Uint8Array): SessionRecord {
    const record = decode(RECORD, bytes)
    if (!record || record.format > FORMAT_VERSION)
      throw signalError(
        'invalid-session',
        'invalid session: failed to decode session record protobuf',
        'SessionRecord_Deserialize'
      )
    return new SessionRecord(record.current ?? null, record.archived.slice(0, MAX_ARCHIVED))
  }

  serialize(): Bytes {
    return encode(RECORD, {
      current: this.#current ?? undefined,
      archived: this.#archived,
      format: FORMAT_VERSION,
    })
  }

  /** Storage bytes of the current session. */
  currentBytes(): Bytes | null {
    return this.#current
  }

  /** Storage bytes of the archived sessions, newest first. */
  archivedBytes(): readonly Bytes[] {
    return this.#archived
  }

  /** This record with another state of its current session. */
  withCurrent(state: SessionState): SessionRecord {
    return new SessionRecord(saveSession(state), this.#archived)
  }

  /** This record with `state` as the current session and the former one archived; `from` is its place in the archive. */
  promoted(state: SessionState, from: number | null): SessionRecord {
    const others = this.#archived.filter((_, place) => place !== from)
    const record = new SessionRecord(this.#current, others)
    record.archiveCurrentState()
    return record.withCurrent(state)
  }

  /** Puts the current session, if any, into the archive; it isn't pending any more. */
  archiveCurrentState(): void {
    if (this.#current === null) return
    const state = openSession(this.#current, 'SessionRecord_ArchiveCurrentState')
    state.pending = null
    this.#archived = [saveSession(state), ...this.#archived].slice(0, MAX_ARCHIVED)
    wipeSession(state)
    this.#current = null
  }

  #openCurrent(operation: string): SessionState | null {
    return this.#current && openSession(this.#current, operation)
  }

  /** Throws `session-not-found` without a current session. */
  localRegistrationId(): number {
    const operation = 'SessionRecord_GetLocalRegistrationId'
    const state = this.#openCurrent(operation)
    if (!state) throw signalError('session-not-found', 'session not found: local_registration_id', operation)
    return state.localRegistrationId
  }

  /** Throws `session-not-found` without a current session. */
  remoteRegistrationId(): number {
    const operation = 'SessionRecord_GetRemoteRegistrationId'
    const state = this.#openCurrent(operation)
    if (!state) throw signalError('session-not-found', 'session not found: remote_registration_id', operation)
    return state.remoteRegistrationId
  }

  /** Whether there is a current session that can be used for sending at `now`. */
  hasCurrentState(now: Date = new Date()): boolean {
    const state = this.#openCurrent('SessionRecord_HasUsableSenderChain')
    return state !== null && !isStale(state.pending, now)
  }

  /** Whether `key` is our current sending ratchet key (spec §12). */
  currentRatchetKeyMatches(key: PublicKey): boolean {
    const state = this.#openCurrent('SessionRecord_CurrentRatchetKeyMatches')
    return state !== null && equalBytes(state.sending.pair.publicKey, key.getPublicKeyBytes())
  }
}

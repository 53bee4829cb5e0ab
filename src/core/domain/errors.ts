/** What went wrong, grouped by what one does about it. Plain objects: they survive structured clone. `reason` is for people's eyes only through the message catalogue. */
export type NetworkError = {
  readonly kind: 'network'
  readonly reason:
    | 'offline'
    | 'relay-unreachable'
    | 'refused'
    | 'rate-limited'
    | 'timeout'
    | 'not-found'
    | 'quota'
    | 'unsupported'
    /** The relay takes new accounts by invitation only. */
    | 'uninvited'
}
export type CryptoError = {
  readonly kind: 'crypto'
  readonly reason:
    | 'no-session'
    | 'untrusted-identity'
    | 'undecryptable'
    | 'duplicate'
    | 'bad-signature'
    | 'bad-device-list'
    | 'rolled-back'
}
export type StorageError = {
  readonly kind: 'storage'
  readonly reason:
    | 'full'
    | 'damaged'
    | 'locked'
    | 'newer-version'
    | 'unavailable'
    /** The person's app lock is closed. */
    | 'app-locked'
    /** The browser has removed what was kept here. */
    | 'evicted'
}
export type InputError = {
  readonly kind: 'input'
  readonly reason:
    | 'name-empty'
    | 'name-too-long'
    | 'text-empty'
    | 'text-too-long'
    | 'link-malformed'
    | 'link-truncated'
    | 'link-newer-version'
    | 'link-tampered'
    | 'link-expired'
    | 'link-own'
    | 'no-account'
    | 'account-exists'
    | 'unknown-conversation'
    | 'unknown-message'
    | 'unknown-contact'
    | 'unknown-method'
    | 'malformed'
    | 'needs-review'
    | 'blocked'
    | 'relay-malformed'
    | 'relays-full'
    | 'relay-last'
    | 'wrong-passphrase'
    | 'passphrase-too-short'
    /** The passkey is not the one that opens the app lock. */
    | 'wrong-passkey'
    /** The person thought better of it, or the passkey did not answer. */
    | 'passkey-unanswered'
    /** The browser or the passkey cannot keep a secret for pages (WebAuthn PRF). */
    | 'passkey-unsupported'
    | 'no-backup'
    | 'backup-damaged'
    | 'backup-newer'
    | 'backup-lost'
    /** The browser cannot read the file that the person chose any more. */
    | 'file-unreadable'
    /** The browser could not write to where the person wanted the file. */
    | 'file-not-written'
    /** There is no room for the file that was to be saved. */
    | 'file-no-room'
}
/** The closed union that every command of the client answers with. */
export type MePassaError = NetworkError | CryptoError | StorageError | InputError

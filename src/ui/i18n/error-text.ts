import type {
  CryptoError,
  InputError,
  MePassaError,
  NetworkError,
  StorageError,
} from '../../core/domain/errors.ts'
import type { FailReason } from '../../core/domain/message.ts'
import { m } from './paraglide/messages.js'

const NETWORK: Readonly<Record<NetworkError['reason'], () => string>> = {
  offline: m.error_network_offline,
  'relay-unreachable': m.error_network_relay_unreachable,
  refused: m.error_network_refused,
  'rate-limited': m.error_network_rate_limited,
  timeout: m.error_network_timeout,
  'not-found': m.error_network_not_found,
  quota: m.error_network_quota,
  unsupported: m.error_network_unsupported,
  uninvited: m.error_network_uninvited,
}

const CRYPTO: Readonly<Record<CryptoError['reason'], () => string>> = {
  'no-session': m.error_crypto_no_session,
  'untrusted-identity': m.error_crypto_untrusted_identity,
  undecryptable: m.error_crypto_undecryptable,
  duplicate: m.error_crypto_duplicate,
  'bad-signature': m.error_crypto_bad_signature,
  'bad-device-list': m.error_crypto_bad_device_list,
  'rolled-back': m.error_crypto_rolled_back,
}

const STORAGE: Readonly<Record<StorageError['reason'], () => string>> = {
  full: m.error_storage_full,
  damaged: m.error_storage_damaged,
  locked: m.error_storage_locked,
  'newer-version': m.error_storage_newer_version,
  unavailable: m.error_storage_unavailable,
  'app-locked': m.error_storage_app_locked,
  evicted: m.error_storage_evicted,
}

const INPUT: Readonly<Record<InputError['reason'], () => string>> = {
  'name-empty': m.error_input_name_empty,
  'name-too-long': m.error_input_name_too_long,
  'text-empty': m.error_input_text_empty,
  'text-too-long': m.error_input_text_too_long,
  'link-malformed': m.error_input_link_malformed,
  'link-truncated': m.error_input_link_truncated,
  'link-newer-version': m.error_input_link_newer_version,
  'link-tampered': m.error_input_link_tampered,
  'link-expired': m.error_input_link_expired,
  'link-own': m.error_input_link_own,
  'no-account': m.error_input_no_account,
  'account-exists': m.error_input_account_exists,
  'unknown-conversation': m.error_input_unknown_conversation,
  'unknown-message': m.error_input_unknown_message,
  'unknown-contact': m.error_input_unknown_contact,
  'unknown-method': m.error_input_unknown_method,
  malformed: m.error_input_malformed,
  'needs-review': m.error_input_needs_review,
  blocked: m.error_input_blocked,
  'relay-malformed': m.error_input_relay_malformed,
  'relays-full': m.error_input_relays_full,
  'relay-last': m.error_input_relay_last,
  'wrong-passphrase': m.error_input_wrong_passphrase,
  'passphrase-too-short': m.error_input_passphrase_too_short,
  'wrong-passkey': m.error_input_wrong_passkey,
  'passkey-unanswered': m.error_input_passkey_unanswered,
  'passkey-unsupported': m.error_input_passkey_unsupported,
  'no-backup': m.error_input_no_backup,
  'backup-damaged': m.error_input_backup_damaged,
  'backup-newer': m.error_input_backup_newer,
  'backup-lost': m.error_input_backup_lost,
  'file-unreadable': m.error_input_file_unreadable,
  'file-not-written': m.export_not_written,
  'file-no-room': m.error_input_file_no_room,
}

/** What went wrong and what to do now, in the person's language. */
export const errorText = (error: MePassaError): string => {
  switch (error.kind) {
    case 'network':
      return NETWORK[error.reason]()
    case 'crypto':
      return CRYPTO[error.reason]()
    case 'storage':
      return STORAGE[error.reason]()
    case 'input':
      return INPUT[error.reason]()
  }
}

const FAILED: Readonly<Record<FailReason, () => string>> = {
  'needs-review': m.failed_needs_review,
  blocked: m.failed_blocked,
  'no-session': m.failed_no_session,
  expired: m.failed_expired,
  refused: m.failed_refused,
}

/** Why a message of one's own could not be sent. */
export const failText = (reason: FailReason | null): string => (reason ? FAILED[reason] : m.failed_refused)()

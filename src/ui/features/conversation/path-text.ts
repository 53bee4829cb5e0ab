import type { Path, PathReason } from '../../../core/domain/conversation.ts'
import { m } from '../../i18n/paraglide/messages.js'

const LABELS: Readonly<Record<Path, () => string>> = {
  direct: m.path_direct,
  relay: m.path_relay,
  waiting: m.path_waiting,
}
const WHAT: Readonly<Record<Path, () => string>> = {
  direct: m.path_direct_text,
  relay: m.path_relay_text,
  waiting: m.path_waiting_text,
}
const REASONS: Readonly<Record<PathReason, (inputs: { name: string }) => string>> = {
  connected: m.reason_connected,
  connecting: m.reason_connecting,
  'contact-away': m.reason_contact_away,
  'direct-failed': m.reason_direct_failed,
  'relay-down': m.reason_relay_down,
  offline: m.reason_offline,
  'not-accepted': m.reason_not_accepted,
  'needs-review': m.reason_needs_review,
  'mailbox-only': m.reason_mailbox_only,
}

/** How messages travel, in two words. */
export const pathLabel = (path: Path): string => LABELS[path]()
/** What that means. */
export const pathText = (path: Path): string => WHAT[path]()
/** Why it is so. */
export const reasonText = (reason: PathReason, name: string): string => REASONS[reason]({ name })

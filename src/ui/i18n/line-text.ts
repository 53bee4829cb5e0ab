import type { Conversation } from '../../core/domain/conversation.ts'
import type { NoticeKind } from '../../core/domain/message.ts'
import { m } from './paraglide/messages.js'

const NOTICES: Readonly<Record<NoticeKind, (inputs: { name: string }) => string>> = {
  'contact-added': m.notice_contact_added,
  'contact-accepted': m.notice_contact_accepted,
  'device-added': m.notice_device_added,
  'safety-changed': m.notice_safety_changed,
}
const isNotice = (text: string): text is NoticeKind => text in NOTICES

/** A line of the app's own inside a conversation. One of a newer version than ours says so. */
export const noticeText = (text: string, name: string): string =>
  isNotice(text) ? NOTICES[text]({ name }) : m.notice_unknown()

/** The last line of a conversation as the list shows it. */
export const lineOf = ({ last, contact }: Conversation): string => {
  if (!last) return contact.state === 'invited' ? m.line_invited() : m.line_empty()
  if (last.kind === 'gap') return m.gap_short()
  if (last.kind === 'deleted') return m.message_deleted()
  if (last.kind === 'notice') return noticeText(last.text, contact.name)
  return last.text.slice(0, 200)
}

import type { Conversation } from '../../core/domain/conversation.ts'
import type { NoticeKind } from '../../core/domain/message.ts'
import type { Formats } from './format.ts'
import { m } from './paraglide/messages.js'

const NOTICES: Readonly<Record<NoticeKind, (inputs: { name: string }) => string>> = {
  'contact-added': m.notice_contact_added,
  'contact-accepted': m.notice_contact_accepted,
  'device-added': m.notice_device_added,
  'safety-changed': m.notice_safety_changed,
}
const isNotice = (text: string): text is NoticeKind => text in NOTICES

const VANISH = /^vanish-(mine|theirs):(\d+)$/

/** A line of the app's own inside a conversation. One of a newer version than ours says so. */
export const noticeText = (text: string, name: string, formats: Pick<Formats, 'duration'>): string => {
  const [, who, seconds] = VANISH.exec(text) ?? []
  if (who === undefined) return isNotice(text) ? NOTICES[text]({ name }) : m.notice_unknown()
  if (Number(seconds) === 0)
    return who === 'mine' ? m.notice_vanish_mine_off() : m.notice_vanish_theirs_off({ name })
  const time = formats.duration(Number(seconds))
  return who === 'mine' ? m.notice_vanish_mine({ time }) : m.notice_vanish_theirs({ name, time })
}

/** The last line of a conversation as the list shows it. */
export const lineOf = ({ last, contact }: Conversation, formats: Pick<Formats, 'duration'>): string => {
  if (!last) return contact.state === 'invited' ? m.line_invited() : m.line_empty()
  if (last.kind === 'gap') return m.gap_short()
  if (last.kind === 'deleted') return m.message_deleted()
  if (last.kind === 'notice') return noticeText(last.text, contact.name, formats)
  return last.text.slice(0, 200)
}

import type { InviteCode } from '../invites/invite-store.ts'
import { toBase64Url } from '../../src/lib/bytes.ts'
import { escape } from './page.ts'
import type { Language } from './words.ts'

export interface InvitesView {
  readonly codes: readonly InviteCode[]
  /** Whether registration needs one. */
  readonly needed: boolean
  /** The link that was just made, or what was wrong with the form. */
  readonly made: string | null
  readonly problem: string | null
  /** Ms since 1970. */
  readonly now: number
}

/** The part of the page that makes, lists and removes invitations. */
export const invitesPart = ({ tag, words }: Language, view: InvitesView): string => {
  const date = new Intl.DateTimeFormat(tag, { dateStyle: 'medium' })
  const item = (code: InviteCode): string => {
    const end = code.expiresAt === null ? '' : `, ${date.format(code.expiresAt)}`
    const over = code.usesLeft === 0 || (code.expiresAt !== null && code.expiresAt <= view.now)
    const state = over ? words.over : `${code.usesLeft} ${words.left}${end}`
    const label = escape(code.label)
    return `<li><span>${label}: ${escape(state)}</span>
<form method="post" action="/admin/invites/remove">
<input type="hidden" name="hash" value="${toBase64Url(code.hash)}">
<button aria-label="${escape(words.remove)}: ${label}">${escape(words.remove)}</button>
</form></li>`
  }
  const list = view.codes.length === 0 ? '' : `<ul>\n${view.codes.map(item).join('\n')}\n</ul>`
  const told =
    view.made !== null
      ? `<div role="status"><p>${escape(words.made)}</p><p class="made">${escape(view.made)}</p></div>`
      : view.problem !== null
        ? `<p class="wrong" role="alert">${escape(view.problem)}</p>`
        : ''
  return `<h2>${escape(words.invites)}</h2>
<p>${escape(view.needed ? words.invitesClosed : words.invitesOpen)}</p>
${told}
${list}
<form method="post" action="/admin/invites">
<label for="label">${escape(words.label)}</label>
<input id="label" name="label" maxlength="60" required>
<label for="uses">${escape(words.uses)}</label>
<input id="uses" name="uses" type="number" min="1" max="1000" value="1" required>
<label for="days">${escape(words.expires)}</label>
<input id="days" name="days" type="number" min="1" max="365" value="14" required>
<button>${escape(words.invite)}</button>
</form>`
}

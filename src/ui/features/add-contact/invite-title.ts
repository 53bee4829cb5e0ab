import type { InvitePreview } from '../../../client/contract.ts'
import { m } from '../../i18n/paraglide/messages.js'

/** The question an invite asks; whom one knows already is only named. */
export const inviteTitle = ({ known, name }: InvitePreview): string =>
  known && known.state !== 'invited' ? name : m.invite_title({ name })

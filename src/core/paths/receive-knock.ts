import type { CoreContext } from '../context.ts'
import type { Handler } from '../jobs/receive.ts'
import { idBytes } from '../../protocol/ids.ts'

/** A contact's device is at a peer and would like to connect. Before acceptance it gets no answer. */
export const receiveKnock =
  (deps: Pick<CoreContext, 'paths'>): Handler<'knock'> =>
  async (from, content) => {
    if (from.contact?.state !== 'accepted' || !from.listed) return 'refuse'
    const { peerId, addresses } = content.body
    return () => () =>
      deps.paths.onKnock(from.account, from.device, { id: idBytes(content.id), peerId, addresses })
  }

/** The answer to a knock of ours: where to dial. */
export const receiveKnockReply =
  (deps: Pick<CoreContext, 'paths'>): Handler<'knockReply'> =>
  async (from, content) => {
    if (from.contact?.state !== 'accepted' || !from.listed) return 'refuse'
    const { peerId, addresses } = content.body
    return () => () => deps.paths.onKnockReply(from.account, from.device, { peerId, addresses })
  }

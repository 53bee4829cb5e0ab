import type { CoreContext } from '../context.ts'
import type { Opened } from '../ports/crypto.ts'
import type { OwnAccount } from '../ports/storage.ts'
import type { DeviceInfo } from '../domain/contact.ts'
import { envelopeIdFromBytes, idBytes, type EnvelopeId } from '../../protocol/ids.ts'
import { encodeContent, parseContent } from '../../protocol/content.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { failMessage, renewed } from './outbox-rows.ts'
import type { Sender } from './receive.ts'

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'clock' | 'outbox' | 'lists'>

/** A message is sent again to one device at most this often (architecture §5). */
const MOST_RESENDS = 3

/** Asks the sender of an envelope that did not decrypt to send its content again. */
export const askAgain = async (
  deps: Pick<CoreContext, 'crypto' | 'outbox'>,
  own: OwnAccount,
  from: Sender,
  opened: Opened,
  envelope: EnvelopeId
): Promise<void> => {
  const device: DeviceInfo = {
    id: from.device,
    identityKey: from.identityKey,
    registrationId: 0,
    requestKey: '',
  }
  const body = await deps.crypto.sealRetryRequest(own, from.account, device, opened, idBytes(envelope))
  await deps.outbox.sendSealed(from.account, from.device, body, LIMITS.mailboxTtl / 1000)
}

/** Answers such a request: the session it names is archived and the same message goes out under a new one. */
export const answerRetry = async (
  deps: Deps,
  incoming: EnvelopeId,
  from: Sender,
  opened: Opened
): Promise<void> => {
  const { store, clock } = deps
  const accepted = await deps.crypto.acceptRetryRequest(opened)
  if (!accepted.ok) return
  const wanted = envelopeIdFromBytes(accepted.value.value.envelopeId)
  store.transaction((tx) => {
    accepted.value.apply(tx)
    tx.inbox.markSeen({ id: incoming, messageId: null, account: from.account, at: clock.now() })
    const job = wanted && tx.outbox.byEnvelope(wanted)
    // Only to the device the envelope was made for.
    if (!wanted || job?.account !== from.account || job.device !== from.device) return
    if (tx.resends.count(from.account, from.device, job.messageId) >= MOST_RESENDS) {
      failMessage(tx, job.account, job.messageId, 'no-session')
      tx.outbox.remove(job.seq)
      return
    }
    const content = parseContent(job.content)
    const marked = content.ok ? encodeContent({ ...content.value, replacesEnvelope: wanted }) : job.content
    tx.outbox.update({ ...renewed(job, clock.now()), content: marked })
  })
  deps.outbox.kick(from.account)
}

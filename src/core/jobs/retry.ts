import type { CoreContext } from '../context.ts'
import type { Opened } from '../ports/crypto.ts'
import type { OutboxJob, OwnAccount } from '../ports/storage.ts'
import type { DeviceInfo } from '../domain/contact.ts'
import { envelopeIdFromBytes, idBytes, type EnvelopeId } from '../../protocol/ids.ts'
import { encodeContent, parseContent } from '../../protocol/content.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { failMessage, parked, renewed } from './outbox-rows.ts'
import type { Sender } from './incoming.ts'

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'clock' | 'outbox' | 'lists'>

/** A message is sent again to one device at most this often (architecture §5). */
const MOST_RESENDS = 3
/** What a person does not see, and so cannot send again, is tried anew after a day, ms. */
const GIVEN_UP = 24 * 60 * 60 * 1000

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
export const answerRetry = async (deps: Deps, from: Sender, opened: Opened): Promise<void> => {
  const { store, clock } = deps
  const accepted = await deps.crypto.acceptRetryRequest(opened)
  if (!accepted.ok) return
  const wanted = envelopeIdFromBytes(accepted.value.value.envelopeId)
  store.transaction((tx) => {
    accepted.value.apply(tx)
    const job = wanted && tx.outbox.byEnvelope(wanted)
    // Only to the device the envelope was made for.
    if (!wanted || job?.account !== from.account || job.device !== from.device) return
    if (tx.resends.count(from.account, from.device, job.messageId) >= MOST_RESENDS) {
      failMessage(tx, job.account, job.messageId, 'no-session')
      tx.outbox.update(job.kind === 'message' ? parked(job) : { ...renewed(job, clock.now() + GIVEN_UP) })
      return
    }
    tx.outbox.update({ ...renewed(job, clock.now()), content: replacing(job, wanted) })
  })
  deps.outbox.kick(from.account)
}

/** The job's content with a note of the envelope whose place it takes. */
export const replacing = (job: OutboxJob, envelope: EnvelopeId): Uint8Array => {
  const content = parseContent(job.content)
  if (!content.ok) return job.content
  const replaces = [...(content.value.replaces ?? []), envelope].slice(-LIMITS.replacedEnvelopes)
  return encodeContent({ ...content.value, replaces })
}

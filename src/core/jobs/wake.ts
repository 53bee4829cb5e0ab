import type { OutboxJob, OwnAccount, Store } from '../ports/storage.ts'
import { parseContent } from '../../protocol/content.ts'
import { Wake } from '../../protocol/gen/wire_pb.js'
import { sealPreview } from '../../protocol/preview.ts'
import { theirNotificationKey } from './notification-state.ts'

/** What a deposit says about a device that is away. */
export interface Waking {
  readonly wake: Wake
  readonly preview?: Uint8Array
}

const NONE: Waking = { wake: Wake.NONE }

/**
 * Whether a job wakes the recipient, and what their notification may show. What a relay has had before wakes nobody again: it is offered
 * elsewhere only because its receipt is late.
 */
export const wakingOf = async (
  store: Pick<Store, 'read'>,
  own: OwnAccount | undefined,
  job: OutboxJob
): Promise<Waking> => {
  if (!own || job.kind === 'receipt' || job.state === 'handed') return NONE
  const content = parseContent(job.content)
  if (!content.ok) return NONE
  const { id, body } = content.value
  if (body.kind === 'contactRequest') return { wake: Wake.NOTIFY }
  if (body.kind !== 'text') return NONE
  const key = store.read((tx) => theirNotificationKey(tx, job.account))
  if (!key) return { wake: Wake.NOTIFY }
  const preview = await sealPreview(key, own.account, { messageId: id, name: own.name, text: body.text })
  return { wake: Wake.NOTIFY, preview }
}

import { v7 as uuid7 } from 'uuid'
import { parseMessageId, type MessageId } from '../protocol/ids.ts'

/** A fresh message id: UUIDv7 as 32 hex digits. */
export const newMessageId = (): MessageId => {
  const id = parseMessageId(uuid7().replaceAll('-', ''))
  if (!id) throw new TypeError('a UUID has 32 hex digits')
  return id
}

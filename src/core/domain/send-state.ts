import type { MessageState, SendState } from './message.ts'

const RANK: Readonly<Record<SendState, number>> = { pending: 0, sent: 1, delivered: 2, read: 3 }

/**
 * The state of an own message after it has been seen to reach `reached`. Never goes back; what has failed is revived by proof that it
 * arrived. Received messages have no send state.
 */
export const advance = (state: MessageState, reached: SendState): MessageState => {
  if (state === 'received') return state
  if (state === 'failed') return reached === 'pending' ? state : reached
  return RANK[reached] > RANK[state] ? reached : state
}

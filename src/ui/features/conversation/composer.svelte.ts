import type { MePassaClient } from '../../../client/contract.ts'
import type { MePassaError } from '../../../core/domain/errors.ts'
import type { ConversationId } from '../../../protocol/ids.ts'
import { LIMITS } from '../../../protocol/limits.ts'

/** Typing pauses this long before the draft is kept, ms. */
const PAUSE = 300
const encoder = new TextEncoder()

/** What is being written to one conversation. */
export class ComposerModel {
  text = $state('')
  error = $state.raw<MePassaError | null>(null)
  /** Counting bytes of every keystroke would be felt only in very long texts; UTF-16 units bound them from below. */
  readonly tooLong = $derived(
    this.text.length * 3 > LIMITS.textBytes && encoder.encode(this.text.trim()).length > LIMITS.textBytes
  )
  readonly canSend = $derived(this.text.trim() !== '' && !this.tooLong)
  #client: MePassaClient
  #conversation: ConversationId
  #saved: string
  #isBegun = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: MePassaClient, conversation: ConversationId, draft: string) {
    this.#client = client
    this.#conversation = conversation
    this.text = draft
    this.#saved = draft
  }

  /** The draft, where it is known only after the field is there; what the person has begun to write stays. */
  offer(draft: string): void {
    if (this.#isBegun || draft === '') return
    this.text = draft
    this.#saved = draft
  }

  typed(): void {
    this.#isBegun = true
    this.error = null
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.keep(), PAUSE)
  }

  /** Keeps the draft now: when one leaves, hides the tab, or pauses. */
  keep(): void {
    clearTimeout(this.#timer)
    if (this.text === this.#saved || this.tooLong) return
    this.#saved = this.text
    void this.#client.call('saveDraft', { conversation: this.#conversation, text: this.text })
  }

  /** The field is free at once; what could not be taken comes back into it. True when the message is committed. */
  async send(): Promise<boolean> {
    if (!this.canSend) return false
    this.#isBegun = true
    const text = this.text.trim()
    clearTimeout(this.#timer)
    this.text = ''
    this.#saved = ''
    const id = this.#client.newMessageId()
    const outcome = await this.#client.call('sendMessage', { conversation: this.#conversation, id, text })
    if (outcome.ok) return true
    this.error = outcome.error
    this.text = this.text === '' ? text : `${text}\n${this.text}`
    this.keep()
    return false
  }
}

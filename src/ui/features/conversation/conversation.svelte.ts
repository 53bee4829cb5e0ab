import { tick, untrack } from 'svelte'
import type { MePassaClient, MessageRange, MessageWindow } from '../../../client/contract.ts'
import type { MePassaError } from '../../../core/domain/errors.ts'
import { MOST_MESSAGES, type Message } from '../../../core/domain/message.ts'
import type { ConversationId, MessageId } from '../../../protocol/ids.ts'
import { useLive } from '../../lib/live.svelte.ts'
import { grownAbove, keepOlder, lastReceived, toRows, type Row } from './rows.ts'

/** Messages asked for at first, and how many more each time one scrolls to an end of them. */
const PAGE = 80

/** The messages of one conversation as a list that grows upwards, and downwards where it began further up. Make it while a component is set up. */
export class ConversationModel {
  readonly id: ConversationId
  retryError = $state.raw<MePassaError | null>(null)
  /** Rows were added above, not below. */
  shifted = $state(false)
  rows = $state.raw<readonly Row[]>([])
  #client: MePassaClient
  #limit = $state(PAGE)
  /** The list began at this message, not at the newest. */
  #around = $state.raw<MessageRange['around']>()
  /** What the list was laid out around last. */
  #shownAround: MessageId | null = null
  #live
  #dueRows = $state.raw<readonly Row[] | undefined>()
  #messages: readonly Message[] = []
  /** The first of them is the first of all. */
  #whole = false
  #line = $state.raw<MessageId | null | undefined>()
  /** All below the line has been looked at, so that it may mark something newer. */
  #lineIsDone = false
  #read: string | undefined
  #newest: MessageId | undefined
  /** The end of the list is on screen. */
  #watched = true

  constructor(client: MePassaClient, id: ConversationId) {
    this.#client = client
    this.id = id
    this.#live = useLive(client, 'messages', () => ({
      conversation: id,
      limit: this.#limit,
      ...(this.#around && { around: this.#around }),
    }))
    $effect.pre(() => {
      const window = this.#live.value
      if (!window) return
      untrack(() => {
        this.#moveLine(window)
        this.#show(window)
      })
    })
    $effect(() => {
      const rows = this.#dueRows
      if (!rows) return
      // The list has taken in what came above; now follows what came below.
      void tick().then(() => {
        if (this.#dueRows !== rows) return
        this.#dueRows = undefined
        this.shifted = false
        this.rows = rows
      })
    })
  }

  get loaded(): boolean {
    return this.#live.value !== undefined
  }
  get slow(): boolean {
    return this.#live.slow
  }
  get older(): boolean {
    return this.#live.value?.older ?? false
  }
  /** More were asked for and are on their way. */
  get loadingOlder(): boolean {
    return this.older && this.#upToAnchor() < this.#limit
  }

  /** The newest messages are further down than what is loaded. */
  get newer(): boolean {
    return this.#live.value?.newer ?? false
  }

  loadOlder(): void {
    // What came in since made the window longer than what was asked for.
    if (this.older && !this.loadingOlder) this.#limit = Math.min(MOST_MESSAGES, this.#upToAnchor() + PAGE)
  }

  loadNewer(): void {
    const after = this.#messages.length - this.#upToAnchor()
    if (this.#around && this.newer && after >= this.#around.after)
      this.#around = { ...this.#around, after: Math.min(MOST_MESSAGES, after + PAGE) }
  }

  /** Back to the end of the conversation, from wherever the list was taken. */
  loadNewest(): void {
    this.#around = undefined
    this.#limit = PAGE
  }

  /** Where a message stands; -1 while it is not loaded, which this begins. */
  find(message: MessageId): number {
    const index = this.rows.findIndex((row) => row.kind === 'message' && row.message.id === message)
    if (index < 0 && this.#around?.message !== message) {
      this.#around = { message, after: PAGE }
      this.#limit = PAGE
    }
    return index
  }

  /** How many are loaded up to the message around which the list began, or to the end. */
  #upToAnchor(): number {
    const at = this.#messages.findIndex(({ id }) => id === this.#around?.message)
    return at < 0 ? this.#messages.length : at + 1
  }

  /** Everything up to this row is before the person's eyes. */
  seen(row: number, atEnd: boolean): void {
    this.#watched = atEnd && document.visibilityState === 'visible'
    this.#lineIsDone ||= this.#watched
    if (document.visibilityState !== 'visible') return
    const message = lastReceived(this.rows, row)
    // More rows and the same last one: something came late and stands further up.
    const read = message && `${message.id} ${this.rows.length}`
    if (!message || read === this.#read) return
    this.#read = read
    void this.#client.call('markRead', { conversation: this.id, upTo: message.id })
  }

  /** The line has done its work once one answers. */
  dropLine(): void {
    this.#line = null
    this.#lineIsDone = true
  }

  async retry(id: MessageId): Promise<void> {
    const outcome = await this.#client.call('retryMessage', { conversation: this.id, id })
    this.retryError = outcome.ok ? null : outcome.error
  }

  /** Lays the window out. What newcomers have pushed out of it stays, until a larger one brings it anew. */
  #show({ messages, from, older, around }: MessageWindow): void {
    const kept = around === this.#shownAround ? keepOlder(this.#messages, messages, from) : messages
    this.#shownAround = around
    const pushedOut = kept.length - messages.length
    // Until the larger one comes, nothing tells what becomes of them.
    if (pushedOut > 0) this.#limit = Math.min(MOST_MESSAGES, this.#limit + pushedOut)
    if (pushedOut === 0) this.#whole = !older
    this.#messages = kept
    const rows = toRows(kept, this.#line ?? null, this.#whole)
    const above = grownAbove(this.rows, rows)
    this.shifted = above !== undefined
    this.rows = above ?? rows
    // The list takes growth at one end at a time.
    this.#dueRows = above !== undefined && above.length < rows.length ? rows : undefined
  }

  /** It stays where it was when the conversation was opened; later it marks what came while nobody looked. */
  #moveLine({ messages, newer, around, firstUnread }: MessageWindow): void {
    const isFirst = this.#line === undefined
    if (isFirst) this.#line = firstUnread
    // What came last is not to be seen here.
    if (newer) return
    const last = messages.at(-1)
    const isNew = last && !last.own && last.id !== this.#newest
    if (!isFirst && isNew && this.#lineIsDone && !this.#isWatched()) {
      // Several may have come while the list was elsewhere.
      this.#line = around === this.#shownAround ? last.id : firstUnread
      this.#lineIsDone = false
    }
    this.#newest = last?.id
  }

  #isWatched(): boolean {
    return this.#watched && document.visibilityState === 'visible'
  }
}

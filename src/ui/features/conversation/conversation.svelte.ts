import { tick, untrack } from 'svelte'
import type { MePassaClient, MessageWindow } from '../../../client/contract.ts'
import type { MePassaError } from '../../../core/domain/errors.ts'
import type { Message } from '../../../core/domain/message.ts'
import type { ConversationId, MessageId } from '../../../protocol/ids.ts'
import { useLive } from '../../lib/live.svelte.ts'
import { grownAbove, keepOlder, lastReceived, toRows, type Row } from './rows.ts'

/** Messages asked for at first, and how many more each time one scrolls up. */
const PAGE = 80
/** The core gives no more than this. */
const MOST = 20_000

/** The messages of one conversation as a list that grows upwards. Make it while a component is set up. */
export class ConversationModel {
  readonly id: ConversationId
  retryError = $state.raw<MePassaError | null>(null)
  /** Rows were added above, not below. */
  shifted = $state(false)
  rows = $state.raw<readonly Row[]>([])
  #client: MePassaClient
  #limit = $state(PAGE)
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
    this.#live = useLive(client, 'messages', () => ({ conversation: id, limit: this.#limit }))
    $effect.pre(() => {
      const window = this.#live.value
      if (!window) return
      untrack(() => {
        this.#moveLine(window.firstUnread)
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
    return this.older && (this.#live.value?.messages.length ?? 0) < this.#limit
  }

  loadOlder(): void {
    // What came in since made the window longer than what was asked for.
    if (this.older && !this.loadingOlder) this.#limit = Math.min(MOST, this.#messages.length + PAGE)
  }

  /** Where a message stands; asks for more until it is there. -1 while it is not. */
  find(message: MessageId): number {
    const index = this.rows.findIndex((row) => row.kind === 'message' && row.message.id === message)
    if (index < 0 && this.older && !this.loadingOlder) this.#limit = Math.min(MOST, this.#limit * 3)
    return index
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
  #show({ messages, older }: MessageWindow): void {
    // Only a window that began anew is shorter by more than what was taken out of it.
    const isNew = older && messages.length < this.#messages.length - 1
    const kept = isNew ? keepOlder(this.#messages, messages) : messages
    const pushedOut = kept.length - messages.length
    if (pushedOut > PAGE / 2) this.#limit = Math.min(MOST, this.#limit + pushedOut)
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
  #moveLine(firstUnread: MessageId | null): void {
    const messages = this.#live.value?.messages ?? []
    const last = messages.at(-1)
    if (this.#line === undefined) this.#line = firstUnread
    else if (last && !last.own && last.id !== this.#newest && this.#lineIsDone && !this.#isWatched()) {
      this.#line = last.id
      this.#lineIsDone = false
    }
    this.#newest = last?.id
  }

  #isWatched(): boolean {
    return this.#watched && document.visibilityState === 'visible'
  }
}

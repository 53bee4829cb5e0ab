import type { MePassaClient, SearchHit, SearchPlace, SearchScope } from '../../client/contract.ts'
import type { MePassaError } from '../../core/domain/errors.ts'
import type { AccountId, ConversationId } from '../../protocol/ids.ts'
import { startOfDay } from '../i18n/format.ts'

/** Typing pauses this long before the messages are searched, ms. */
const PAUSE = 120
const PAGE = 50
/** Pages may come back nearly empty while rare parts of words are looked for. */
const MOST_ASKED = 40
const DAY = 86_400_000

export type When = 'any' | 'week' | 'month' | 'year' | 'between'
const DAYS: Readonly<Partial<Record<When, number>>> = { week: 7, month: 31, year: 366 }

/** Milliseconds at which a day of a date field ("2026-03-09") begins here; undefined for an empty field. */
const dayOf = (field: string): number | undefined => {
  const time = field === '' ? NaN : new Date(`${field}T00:00`).getTime()
  return Number.isNaN(time) ? undefined : time
}

/** The search above the chats: names at once, messages a moment later; in one conversation or in all. Make it while a component is set up. */
export class SearchModel {
  query = $state('')
  conversation = $state<ConversationId | null>(null)
  author = $state<AccountId | null>(null)
  when = $state<When>('any')
  /** Values of date fields; both days count. */
  firstDay = $state('')
  lastDay = $state('')
  hits = $state.raw<readonly SearchHit[]>([])
  error = $state.raw<MePassaError | null>(null)
  searching = $state(false)
  indexing = $state(false)
  next = $state.raw<SearchPlace | null>(null)
  readonly active = $derived(this.query.trim() !== '')
  readonly filtered = $derived(this.conversation !== null || this.author !== null || this.when !== 'any')
  #client: MePassaClient
  #asked = $state.raw<{ readonly query: string; readonly scope: SearchScope } | undefined>()
  #run = 0
  #following: ReturnType<typeof setTimeout> | undefined

  constructor(client: MePassaClient) {
    this.#client = client
    $effect(() => client.on('messagesErased', () => this.#follow()))
    $effect(() => {
      const query = this.query.trim()
      const scope = this.#scope()
      this.#run++
      clearTimeout(this.#following)
      this.error = null
      this.next = null
      this.searching = query !== ''
      if (query === '') {
        this.hits = []
        return
      }
      const timer = setTimeout(() => {
        this.#asked = { query, scope }
        void this.#search([], null)
      }, PAUSE)
      return () => clearTimeout(timer)
    })
  }

  /** Narrows the search to one conversation. Whose messages were looked for elsewhere may not be in it: that choice is left behind. */
  within(conversation: ConversationId): void {
    if (conversation !== this.conversation) this.author = null
    this.conversation = conversation
  }

  /** Empties the field, then the filters: what Escape does once and twice. */
  clear(): void {
    this.query = ''
    this.conversation = null
    this.author = null
    this.when = 'any'
  }

  more(): void {
    if (this.next && !this.searching) void this.#search(this.hits, this.next)
  }

  #scope(): SearchScope {
    const { conversation, author } = this
    const days = DAYS[this.when]
    const last = dayOf(this.lastDay)
    if (this.when !== 'between')
      return {
        conversation,
        author,
        from: days === undefined ? null : startOfDay(Date.now()) - days * DAY,
        until: null,
      }
    return {
      conversation,
      author,
      from: dayOf(this.firstDay) ?? null,
      until: last === undefined ? null : last + DAY,
    }
  }

  /** Nothing that was deleted, edited or has vanished stays on the screen: all that is shown is looked for again. */
  #follow(): void {
    clearTimeout(this.#following)
    if (!this.active || this.hits.length === 0) return
    this.#following = setTimeout(() => void this.#search([], null, this.hits.length), PAUSE)
  }

  /** @param shown so many rows stay as they are until they have been looked for again */
  async #search(before: readonly SearchHit[], place: SearchPlace | null, shown = 0): Promise<void> {
    const asked = this.#asked
    if (!asked) return
    const run = ++this.#run
    const most = Math.max(PAGE, shown)
    this.searching = true
    let found: readonly SearchHit[] = []
    for (let after = place, times = 0; times < MOST_ASKED; times++) {
      const outcome = await this.#client.call('search', { ...asked, after, limit: most - found.length })
      if (run !== this.#run) return
      this.error = outcome.ok ? null : outcome.error
      if (!outcome.ok) break
      found = [...found, ...outcome.value.hits]
      if (shown === 0) this.hits = [...before, ...found]
      this.next = after = outcome.value.next
      this.indexing = outcome.value.indexing
      if (after === null || found.length >= most) break
    }
    if (shown > 0) this.hits = found
    this.searching = false
  }
}

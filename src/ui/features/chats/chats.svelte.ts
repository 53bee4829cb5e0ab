import type { MePassaClient, SearchHit } from '../../../client/contract.ts'
import type { MePassaError } from '../../../core/domain/errors.ts'

/** Typing pauses this long before the messages are searched, ms. */
const PAUSE = 120
const MOST_HITS = 50

/** The search above the chats: names at once, messages a moment later. */
export class SearchModel {
  query = $state('')
  hits = $state.raw<readonly SearchHit[]>([])
  error = $state.raw<MePassaError | null>(null)
  searching = $state(false)
  readonly active = $derived(this.query.trim() !== '')
  #client: MePassaClient

  constructor(client: MePassaClient) {
    this.#client = client
    $effect(() => {
      const query = this.query.trim()
      if (query === '') {
        this.hits = []
        this.error = null
        this.searching = false
        return
      }
      this.searching = true
      let stale = false
      const timer = setTimeout(() => void this.#search(query, () => stale), PAUSE)
      return () => {
        stale = true
        clearTimeout(timer)
      }
    })
  }

  async #search(query: string, stale: () => boolean): Promise<void> {
    const outcome = await this.#client.call('search', { query, limit: MOST_HITS })
    if (stale()) return
    this.searching = false
    this.error = outcome.ok ? null : outcome.error
    this.hits = outcome.ok ? outcome.value : []
  }
}

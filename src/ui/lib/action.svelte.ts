import type { MePassaError } from '../../core/domain/errors.ts'
import type { Result } from '../../lib/result.ts'

/** One thing a person can set off: whether it runs, and how it failed last. */
export class Action {
  busy = $state(false)
  error = $state.raw<MePassaError | null>(null)

  /**
   * Runs `work` unless it runs already; the value if it succeeded, else undefined with `error` set. What `work` throws is a defect: it is shown
   * as well, for who waits would see nothing at all, and thrown on.
   */
  async run<T>(work: () => Promise<Result<T, MePassaError>>): Promise<T | undefined> {
    if (this.busy) return undefined
    this.busy = true
    this.error = null
    try {
      const outcome = await work()
      if (outcome.ok) return outcome.value
      this.error = outcome.error
      return undefined
    } catch (error) {
      this.error = { kind: 'storage', reason: 'unavailable' }
      throw error
    } finally {
      this.busy = false
    }
  }
}

import type { InvitePreview, MePassaClient } from '../../../client/contract.ts'
import type { MePassaError } from '../../../core/domain/errors.ts'

/** Reading somebody's link: what it says is shown first, and only a yes sends anything. */
export class AddContactModel {
  link = $state('')
  preview = $state.raw<InvitePreview | null>(null)
  error = $state.raw<MePassaError | null>(null)
  busy = $state(false)
  #client: MePassaClient

  constructor(client: MePassaClient) {
    this.#client = client
  }

  async look(link: string): Promise<void> {
    if (this.busy) return
    this.busy = true
    const outcome = await this.#client.call('previewInvite', { link: link.trim() })
    this.busy = false
    this.error = outcome.ok ? null : outcome.error
    this.preview = outcome.ok ? outcome.value : null
  }

  typed(): void {
    this.error = null
  }

  forget(): void {
    this.preview = null
    this.link = ''
  }
}

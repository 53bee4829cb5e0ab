import type { MePassaClient } from '../../../client/contract.ts'
import { Action } from '../../lib/action.svelte.ts'

const TOLD_FOR = 2_500

/** One's own link to give away. */
export class MyInviteModel {
  invite = $state.raw<{ readonly link: string; readonly expiresAt: number } | null>(null)
  copied = $state(false)
  copyFailed = $state(false)
  readonly action = new Action()
  #client: MePassaClient

  constructor(client: MePassaClient) {
    this.#client = client
    void this.load(false)
  }

  /** `renew`: a fresh link; the old one keeps working until its end. */
  async load(renew: boolean): Promise<void> {
    const invite = await this.action.run(() => this.#client.call('inviteLink', { renew }))
    if (invite) this.invite = invite
  }

  async copy(navigator: Navigator): Promise<boolean> {
    if (!this.invite) return false
    try {
      await navigator.clipboard.writeText(this.invite.link)
    } catch {
      // Refused by the browser or the person: the field beside it can be copied by hand.
      this.copyFailed = true
      return false
    }
    this.copyFailed = false
    this.copied = true
    setTimeout(() => (this.copied = false), TOLD_FOR)
    return true
  }

  async share(navigator: Navigator, text: string): Promise<void> {
    if (!this.invite) return
    // Closing the share sheet rejects; that is an answer, not an error.
    await navigator.share({ text, url: this.invite.link }).catch(() => undefined)
  }
}

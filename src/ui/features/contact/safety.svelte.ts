import { untrack } from 'svelte'
import type { MePassaClient, Safety } from '../../../client/contract.ts'
import type { Contact } from '../../../core/domain/contact.ts'
import { Action } from '../../lib/action.svelte.ts'

/** The safety number of a contact, and what a person says about it. Make it while a component is set up. */
export class SafetyModel {
  safety = $state.raw<Safety | null>(null)
  readonly loading = new Action()
  readonly action = new Action()
  #client: MePassaClient
  #contact: () => Contact

  constructor(client: MePassaClient, contact: () => Contact) {
    this.#client = client
    this.#contact = contact
    $effect(() => {
      // Asked anew when the contact changes: a new device alters what there is to look at.
      void contact().safety
      untrack(() => void this.load())
    })
  }

  async load(): Promise<void> {
    const { account } = this.#contact()
    const safety = await this.loading.run(() => this.#client.call('safety', { account }))
    if (safety) this.safety = safety
  }

  async verify(verified: boolean): Promise<void> {
    const { account } = this.#contact()
    await this.action.run(() => this.#client.call('markVerified', { account, verified }))
  }

  /** The person has looked at the new device and goes on. */
  async confirm(): Promise<void> {
    const { account } = this.#contact()
    await this.action.run(() => this.#client.call('confirmSafety', { account }))
  }
}

/** 60 digits in groups of five, as they are read aloud. */
export const groupsOf = (digits: string): readonly string[] => digits.match(/.{1,5}/g) ?? []

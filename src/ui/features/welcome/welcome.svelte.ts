import type { MePassaClient } from '../../../client/contract.ts'
import { Action } from '../../lib/action.svelte.ts'

/** Making an account takes a name and nothing else. */
export class WelcomeModel {
  name = $state('')
  readonly action = new Action()
  #client: MePassaClient

  constructor(client: MePassaClient) {
    this.#client = client
  }

  /** The screen changes by itself: the account comes back through the live query. */
  async create(): Promise<void> {
    await this.action.run(() => this.#client.call('createAccount', { name: this.name.trim() }))
  }
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHeadless, type Headless } from './headless.ts'
import { newFolder } from './profile.ts'
import type { PushServer } from './push-service.ts'
import { startRelayProcess, type RelayProcess } from './relay-process.ts'
import { until } from './until.ts'

export interface PushStage extends AsyncDisposable {
  readonly relay: RelayProcess
  /** Somebody at the same relay, without a browser. */
  readonly bia: Headless
}

/** A relay as an operator runs it who has a push server of their own: excepted by its setting, trusted by its authority's certificate. */
export const openPushStage = async ({ port, ca }: Pick<PushServer, 'port' | 'ca'>): Promise<PushStage> => {
  await using stack = new AsyncDisposableStack()
  const data = stack.use(await newFolder('relay'))
  const authority = join(data.path, 'authority.pem')
  await writeFile(authority, ca)
  const env = { PUSH_PRIVATE_HOSTS: `localhost:${port}`, NODE_EXTRA_CA_CERTS: authority }
  const relay = await startRelayProcess({ dataDir: data.path, env })
  stack.defer(() => relay.kill())
  const bia = stack.use(await createHeadless('Bia', relay.url))
  const whole = stack.move()
  return { relay, bia, [Symbol.asyncDispose]: () => whole.disposeAsync() }
}

/** `bia` opens somebody's link. */
export const knock = async (bia: Headless, link: string): Promise<void> => {
  const added = await bia.core.call('addContact', { link })
  if (!added.ok) throw new Error(`not added: ${added.error.reason}`)
}

/** The one contact of `bia`, once she knows whether they want previews. */
export const contactOf = (bia: Headless, previews: boolean) =>
  until('the contact has said whether they want previews', () =>
    bia.store.read((tx) => {
      const contact = tx.contacts.list().find(({ state }) => state === 'accepted')
      const key = contact && (tx.settings.get(`notification-key:${contact.account}`) ?? '')
      return contact && (key !== '') === previews ? contact : undefined
    })
  )

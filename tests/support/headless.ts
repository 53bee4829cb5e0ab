/** A person without a browser whose database a test may look into: the same core on the same parts as `createClient`. */
import { createAgeArchive } from '../../src/adapters/backup/age-archive.ts'
import { noPushBox } from '../../src/adapters/push/push-box.ts'
import { createCrypto } from '../../src/adapters/crypto/crypto.ts'
import { createRelayApi } from '../../src/adapters/network/relay-api.ts'
import { createNodeStorageHealth, openNodeStore } from '../../src/adapters/storage/node-store.ts'
import type { CryptoPort } from '../../src/core/ports/crypto.ts'
import type { OwnAccount, Store } from '../../src/core/ports/storage.ts'
import { createCore, type Core } from '../../src/core/core.ts'
import type { Message } from '../../src/core/domain/message.ts'
import { createLazyPeers } from '../../src/host/lazy-peers.ts'
import { systemClock, systemRandom } from '../../src/host/platform.ts'
import { mailboxOnly } from '../../src/node/mailbox-only.ts'
import { newMessageId } from '../../src/client/message-id.ts'
import { conversationWith, type AccountId } from '../../src/protocol/ids.ts'
import { until } from './until.ts'

const TIMEOUT = 10_000

export interface Headless extends AsyncDisposable {
  /** The running core: after `back` another one. */
  readonly core: Core
  /** Goes away, as a closed browser does; what is stored stays. */
  away(): Promise<void>
  back(): Promise<void>
  readonly store: Store
  readonly crypto: CryptoPort
  readonly account: AccountId
  own(): OwnAccount
  /** Sends a text and answers with its id once it is committed. */
  say(to: Pick<Headless, 'account'>, text: string): Promise<Message>
  /** The texts (and gaps, as `null`) of the conversation, in order. */
  texts(with_: Headless): readonly (string | null)[]
  state(with_: Pick<Headless, 'account'>, message: Message): string | undefined
}

/** Opens an account at a running relay; mail goes through the mailbox alone. `ask` takes the place of `fetch`. */
export const createHeadless = async (
  name: string,
  relay: string,
  ask: typeof fetch = fetch
): Promise<Headless> => {
  const store = await openNodeStore({ memory: true })
  const crypto = createCrypto({ store, bytes: systemRandom.bytes, now: systemClock.now })
  const open = async (): Promise<Core> => {
    const opened = createCore({
      store,
      crypto,
      relays: createRelayApi({ fetch: ask, timeout: TIMEOUT, clock: systemClock, random: systemRandom }),
      peers: createLazyPeers(() => mailboxOnly()),
      clock: systemClock,
      random: systemRandom,
      log: { warn: () => undefined },
      health: createNodeStorageHealth(null),
      archive: createAgeArchive(),
      pushBox: noPushBox,
      homeRelay: relay,
      linkBase: relay,
      restart: () => undefined,
    })
    await opened.start()
    return opened
  }
  let core = await open()
  const me = await core.call('createAccount', { name })
  if (!me.ok) throw new Error(`no account: ${me.error.reason}`)
  const { account } = me.value
  const own = (): OwnAccount => {
    const row = store.read((tx) => tx.account.get())
    if (!row) throw new Error('no account')
    return row
  }
  // Without libp2p nothing wakes the inbox but its own poll: ask often.
  const poll = setInterval(() => void core.call('wake', null), 200)
  return {
    get core() {
      return core
    },
    away: () => core.stop(),
    back: async () => {
      core = await open()
    },
    store,
    crypto,
    account,
    own,
    say: async (to, text) => {
      const sent = await core.call('sendMessage', {
        conversation: conversationWith(to.account),
        id: newMessageId(),
        text,
      })
      if (!sent.ok) throw new Error(`not sent: ${sent.error.reason}`)
      return sent.value
    },
    texts: (other) =>
      store.read((tx) =>
        tx.messages
          .newest({ conversation: conversationWith(other.account), limit: 1_000 })
          .filter(({ kind }) => kind !== 'notice')
          .map(({ kind, text }) => (kind === 'gap' ? null : text))
      ),
    state: (other, { id }) =>
      store.read(
        (tx) => tx.messages.get({ conversation: conversationWith(other.account), author: account, id })?.state
      ),
    [Symbol.asyncDispose]: async () => {
      clearInterval(poll)
      await core.stop()
      store.close()
    },
  }
}

/** `guest` opens the link of `host`, who accepts. */
export const meet = async (host: Headless, guest: Headless): Promise<void> => {
  const link = await host.core.call('inviteLink', { renew: false })
  if (!link.ok) throw new Error('no link')
  const added = await guest.core.call('addContact', { link: link.value.link })
  if (!added.ok) throw new Error(`not added: ${added.error.reason}`)
  await until('the request arrives', () =>
    host.store.read((tx) => tx.contacts.get(guest.account)?.state === 'request')
  )
  await host.core.call('acceptRequest', { account: guest.account })
  const accepted = (who: Headless, other: Headless): boolean =>
    who.store.read((tx) => {
      const row = tx.contacts.get(other.account)
      return row?.state === 'accepted' && row.profileKey !== null
    })
  await until('both are contacts', () => accepted(host, guest) && accepted(guest, host))
}

import { createAgeArchive } from '../adapters/backup/age-archive.ts'
import { createCrypto } from '../adapters/crypto/crypto.ts'
import { createRelayApi } from '../adapters/network/relay-api.ts'
import { connectPeerNetwork } from '../adapters/network/remote.ts'
import { browserPushBox } from '../adapters/push/push-box.ts'
import type { BrowserKeeper } from '../adapters/storage/browser-keeper.ts'
import { createStorageHealth } from '../adapters/storage/browser-health.ts'
import type { OpenedCore } from '../client/tabs/lead.ts'
import { createCore } from '../core/core.ts'
import { createLazyPeers } from '../host/lazy-peers.ts'
import { consoleLog, systemClock, systemRandom } from '../host/platform.ts'

/** A request to a relay that takes longer is given up, ms. */
const REQUEST_TIMEOUT = 15_000

const platform = { clock: systemClock, random: systemRandom }
const fetchHere: typeof fetch = (input, init) => fetch(input, init)

export interface OpenCoreDeps {
  readonly keeper: BrowserKeeper
  /** As those of `BrowserKeeper.open`. */
  readonly onDamage: () => void
  readonly onMigrate: () => void
  readonly origin: string
  /** Closes what was opened and opens it anew. */
  readonly reopen: () => void
  /** Gives the window one end of the way to its libp2p node. */
  readonly offerPeers: (port: MessagePort) => void
}

/** Opens the database and starts the core on it. Throws `StorageFailure`. */
export const openCore = async ({ origin, offerPeers, ...deps }: OpenCoreDeps): Promise<OpenedCore> => {
  const store = await deps.keeper.open(deps.onDamage, deps.onMigrate)
  const core = createCore({
    store,
    crypto: createCrypto({ store, bytes: systemRandom.bytes, now: systemClock.now }),
    relays: createRelayApi({ ...platform, fetch: fetchHere, timeout: REQUEST_TIMEOUT }),
    peers: createLazyPeers(() => {
      const { port1, port2 } = new MessageChannel()
      offerPeers(port2)
      return connectPeerNetwork(port1)
    }),
    ...platform,
    log: consoleLog,
    health: createStorageHealth(),
    archive: createAgeArchive(),
    pushBox: browserPushBox,
    homeRelay: origin,
    linkBase: origin,
    restart: deps.reopen,
  })
  await core.start()
  return {
    core,
    close: async () => {
      await core.stop()
      store.close()
    },
  }
}

import { join } from 'node:path'
import { createAgeArchive } from '../adapters/backup/age-archive.ts'
import { noPushBox } from '../adapters/push/push-box.ts'
import { createCrypto } from '../adapters/crypto/crypto.ts'
import { createPeerNetwork } from '../adapters/network/peer-network.ts'
import { createRelayApi } from '../adapters/network/relay-api.ts'
import { createNodeStorageHealth, openNodeStore } from '../adapters/storage/node-store.ts'
import { withMethods } from '../client/commanding.ts'
import type { Commanding } from '../client/contract.ts'
import { connectInProcess } from '../client/in-process.ts'
import { createCore } from '../core/core.ts'
import type { Log } from '../core/ports/platform.ts'
import { createLazyPeers } from '../host/lazy-peers.ts'
import { consoleLog, systemClock, systemRandom } from '../host/platform.ts'
import { mailboxOnly } from './mailbox-only.ts'

/** A request to a relay that takes longer is given up, ms. */
const REQUEST_TIMEOUT = 15_000
const DATABASE = 'mepassa.db'

/** Where a client without a browser keeps its account and which relay it is at home. */
export interface ClientOptions {
  /** A folder of its own: the encrypted database and, beside it, its key. Without one everything is gone at the end. */
  readonly dataFolder?: string
  /** Origin of the home relay of a new account, as `https://relay.example`. */
  readonly relay: string
  /** What invite links begin with; the relay's origin unless told. */
  readonly linkBase?: string
  /** False: no libp2p at all, everything goes through the mailbox. */
  readonly direct?: boolean
  /** Where codes of what went wrong go; the console unless told. */
  readonly log?: Log
}

/**
 * The whole messenger in Node: the same core as in the page, on a file instead of a browser's storage. One client a folder at a time.
 * Throws `StorageFailure` when the store is not to be had.
 */
export const createClient = async (options: ClientOptions): Promise<Commanding> => {
  const path = options.dataFolder === undefined ? null : join(options.dataFolder, DATABASE)
  const store = await openNodeStore(path === null ? { memory: true } : { path })
  const core = createCore({
    store,
    crypto: createCrypto({ store, bytes: systemRandom.bytes, now: systemClock.now }),
    relays: createRelayApi({ fetch, timeout: REQUEST_TIMEOUT, clock: systemClock, random: systemRandom }),
    peers: createLazyPeers(() =>
      options.direct === false
        ? mailboxOnly()
        : createPeerNetwork({ clock: systemClock, random: systemRandom, secure: false })
    ),
    clock: systemClock,
    random: systemRandom,
    log: options.log ?? consoleLog,
    health: createNodeStorageHealth(path),
    archive: createAgeArchive(),
    pushBox: noPushBox,
    homeRelay: options.relay,
    linkBase: options.linkBase ?? options.relay,
    // The client answers `unavailable` from here on: who runs it starts it anew.
    restart: () => (options.log ?? consoleLog).warn('device-renewed'),
  })
  await core.start()
  const close = async (): Promise<void> => {
    await core.stop()
    store.close()
  }
  return withMethods(connectInProcess(core, close))
}

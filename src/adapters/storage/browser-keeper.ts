import type { KeeperCommand, KeeperCommands } from '../../core/domain/keeper.ts'
import { APP_LOCK_PASSPHRASE_MIN_LENGTH, WAITING_DOWNLOADS } from '../../core/domain/keeper.ts'
import type { InputError, StorageError } from '../../core/domain/errors.ts'
import { StorageFailure, type Store } from '../../core/ports/storage.ts'
import { err, ok, type Result } from '../../lib/result.ts'
import { openPool } from './browser-store.ts'
import { toFailure } from './failures.ts'
import { deleteEntries, readEntry, writeEntry, type KeyEntry } from './key-entries.ts'
import {
  addPasskeyTo,
  entryOf,
  relockEntry,
  unlockEntry,
  unlockWithPasskey,
  withoutPasskey,
} from './key-store.ts'
import { keptFilesIn, nextFolder } from './kept-files.ts'
import { isSameOutline } from './outline.ts'
import { removeFiles } from './pool-files.ts'
import { recoverPool } from './recover.ts'

/**
 * Keeps the store of one profile: opens it, locks it, mends it, deletes it. Only in the worker that leads, which must close the store before
 * `lock`, `recover` and `wipe` and open it again after what changes whether it can be opened.
 */
export interface BrowserKeeper {
  /**
   * Opens the store. Throws `StorageFailure`.
   * @param onDamage is called when damage is met while it is open: it must be closed then, and recovered
   * @param onMigrate is called before a database of an earlier version is brought up to date, which may take its time
   */
  open(onDamage: () => void, onMigrate?: () => void): Promise<Store>
  call<N extends KeeperCommand>(
    name: N,
    argument: KeeperCommands[N][0]
  ): Promise<Result<KeeperCommands[N][1], StorageError | InputError>>
}

export interface KeeperDeps {
  readonly name: string
  /** There was an account in this browser: if there is nothing now, the browser has removed it. */
  readonly expected: boolean
}

type Answer<N extends KeeperCommand> = Result<KeeperCommands[N][1], StorageError | InputError>

/** Makes the keeper. The key is held while the store may be opened with it, and never leaves this worker. */
export const createBrowserKeeper = ({ name, expected }: KeeperDeps): BrowserKeeper => {
  let unlocked: Uint8Array | undefined
  let isExpected = expected
  let store: Store | undefined

  const forget = (): void => {
    unlocked?.fill(0)
    unlocked = undefined
  }
  const present = (): Promise<KeyEntry> =>
    entryOf(name, async () => {
      const gone = await isGone(name)
      if (gone && isExpected) throw new StorageFailure('evicted')
      return gone
    })
  /** The key, when the passphrase is right or none is needed. */
  const keyFor = async (entry: KeyEntry, passphrase: string | null): Promise<Uint8Array | undefined> =>
    entry.lock && passphrase === null ? undefined : unlockEntry(entry, passphrase ?? undefined)

  const commands: { readonly [N in KeeperCommand]: (argument: KeeperCommands[N][0]) => Promise<Answer<N>> } =
    {
      lockState: async () => {
        const { lock, passkey } = await present()
        return ok({
          isSet: lock !== undefined,
          passkey: passkey ? { credential: passkey.credential, salt: passkey.salt } : null,
        })
      },
      lock: async () => {
        if ((await present()).lock) forget()
        return ok(null)
      },
      unlock: async ({ passphrase }) => {
        const key = await unlockEntry(await present(), passphrase)
        if (!key) return err({ kind: 'input', reason: 'wrong-passphrase' })
        unlocked = key
        return ok(null)
      },
      unlockWithPasskey: async ({ secret }) => {
        const key = await unlockWithPasskey(await present(), secret)
        if (!key) return err({ kind: 'input', reason: 'wrong-passkey' })
        unlocked = key
        return ok(null)
      },
      addPasskey: async ({ current, secret, ...passkey }) => {
        const entry = await present()
        const key = entry.lock && (await keyFor(entry, current))
        if (!key) return err({ kind: 'input', reason: 'wrong-passphrase' })
        await writeEntry(name, await addPasskeyTo(entry, key, passkey, secret))
        return ok(null)
      },
      removePasskey: async () => {
        await writeEntry(name, withoutPasskey(await present()))
        return ok(null)
      },
      setLock: async ({ passphrase, current }) => {
        if ([...passphrase].length < APP_LOCK_PASSPHRASE_MIN_LENGTH)
          return err({ kind: 'input', reason: 'passphrase-too-short' })
        const entry = await present()
        const key = await keyFor(entry, current)
        if (!key) return err({ kind: 'input', reason: 'wrong-passphrase' })
        await writeEntry(name, await relockEntry(entry, key, passphrase))
        unlocked = key
        return ok(null)
      },
      removeLock: async ({ current }) => {
        const entry = await present()
        const key = await keyFor(entry, current)
        if (!key) return err({ kind: 'input', reason: 'wrong-passphrase' })
        await writeEntry(name, await relockEntry(entry, key, null))
        return ok(null)
      },
      recover: async () => {
        const entry = await present()
        const key = unlocked ?? (await unlockEntry(entry))
        if (!key) return err({ kind: 'storage', reason: 'app-locked' })
        const kept = [...(entry.kept ?? []), entry.folder ?? name]
        const folder = nextFolder(name, kept)
        const report = await recoverPool({
          from: entry.folder ?? name,
          to: folder,
          key,
          outline: entry.outline,
        })
        const { isDamaged: _, outline: __, ...rest } = entry
        // From here on the fresh database is the one that is opened.
        await writeEntry(name, { ...rest, folder, kept, report, isUsed: true })
        return ok(report)
      },
      keptFiles: async () => ok(await keptFilesIn((await present()).kept ?? [])),
      deleteKept: async ({ folder }) => {
        const { kept = [], ...entry } = await present()
        if (!kept.includes(folder)) return ok(null)
        // First the files: a folder that is only named is no longer shown, one that is not named would never go.
        await removeFiles(folder)
        await writeEntry(name, { ...entry, kept: kept.filter((one) => one !== folder) })
        return ok(null)
      },
      news: async () => ok({ recovery: (await present()).report ?? null, missing: store?.missing() ?? 0 }),
      acknowledge: async () => {
        const { report: _, ...entry } = await present()
        await writeEntry(name, entry)
        store?.acknowledgeMissing()
        return ok(null)
      },
      wipe: async () => {
        forget()
        isExpected = false
        // First the keys: whatever may be left of the files then, nobody can read.
        await deleteEntries()
        const root = await navigator.storage.getDirectory()
        for await (const entry of root.keys())
          await removeFiles(entry).catch((error: unknown) => {
            // Another window writes a backup there: that ends with the store, and is removed by the window.
            if (entry !== WAITING_DOWNLOADS) throw error
          })
        return ok(null)
      },
    }

  return {
    open: async (onDamage, onMigrate) => {
      const entry = await present()
      const key = unlocked ?? (await unlockEntry(entry))
      if (!key) throw new StorageFailure('app-locked')
      unlocked = key
      if (entry.isDamaged) throw new StorageFailure('damaged')
      if (entry.isUsed && (await isGone(entry.folder ?? name))) throw new StorageFailure('evicted')
      store = await openPool({
        folder: entry.folder ?? name,
        key,
        isUsed: entry.isUsed,
        onOpened: async (outline) => {
          if (!entry.isUsed) return writeEntry(name, { ...entry, isUsed: true, outline })
          if (entry.outline && isSameOutline(entry.outline, outline)) return
          // Only a recovery needs it: where it cannot be written, the store is opened all the same.
          await writeEntry(name, { ...entry, outline }).catch(() => undefined)
        },
        onDamage: () => void noteDamage(name).finally(onDamage),
        onMigrate: () => onMigrate?.(),
      })
      return store
    },
    call: async (command, argument) => {
      try {
        return await commands[command](argument)
      } catch (error) {
        return err(toFailure(error).error)
      }
    },
  }
}

const noteDamage = async (name: string): Promise<void> => {
  const entry = await readEntry(name)
  if (entry && entry !== 'broken') await writeEntry(name, { ...entry, isDamaged: true })
}

/** True when the origin's private file system holds nothing of this name. */
const isGone = async (name: string): Promise<boolean> => {
  const root = await navigator.storage.getDirectory()
  try {
    await root.getDirectoryHandle(name)
    return false
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return true
    throw toFailure(error)
  }
}

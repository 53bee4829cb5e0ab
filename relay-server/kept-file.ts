/** Small files that a relay makes once and keeps, for its owner alone: keys and secrets. */
import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

const SECRET_BYTES = 24
/** Shorter ones could be guessed. */
const SHORTEST = 24

/** The text of a file; undefined when it is not there. */
export const readKept = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

/** Writes a file (mode 0600), making its folder (0700): whole or not at all, since a cut while writing must not leave half a key. */
export const keep = async (path: string, text: string): Promise<void> => rename(await draft(path, text), path)

/**
 * The secret in a file, at least 24 characters without those around it that are blank; a new one is made and kept there when there is none.
 * Throws when the file holds something else: making another would hide a loss.
 * @returns whether it was `made` now, too
 */
export const readOrMakeSecret = async (
  path: string
): Promise<{ readonly secret: string; readonly made: boolean }> => {
  const known = await readSecret(path)
  if (known !== undefined) return { secret: known, made: false }
  const mine = randomBytes(SECRET_BYTES).toString('base64url')
  const whole = await draft(path, `${mine}\n`)
  // A link replaces nothing: of relays that start at once over one folder, the first is right. Some file systems have none, and no fleet.
  await link(whole, path).catch((error: NodeJS.ErrnoException) =>
    error.code === 'EEXIST' ? undefined : rename(whole, path)
  )
  await rm(whole, { force: true })
  const secret = (await readSecret(path)) ?? mine
  return { secret, made: secret === mine }
}

const readSecret = async (path: string): Promise<string | undefined> => {
  const secret = (await readKept(path))?.trim()
  if (secret !== undefined && secret.length < SHORTEST)
    throw new Error(`${path} holds no secret: delete it, and a new one is made`)
  return secret
}

/** Writes a text beside where it belongs; answers where. */
const draft = async (path: string, text: string): Promise<string> => {
  const place = `${path}.${randomUUID()}`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(place, text, { mode: 0o600, flag: 'wx', flush: true })
  return place
}

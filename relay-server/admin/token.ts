import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const FILE = 'admin-token'
const HOUR = 60 * 60 * 1000
/** A working day: whoever leaves the page open overnight shows the token again. */
const SESSION = 8 * HOUR

/** The operator's token. */
export interface AdminToken {
  /** Whether a text is the token; takes as long for a wrong one. */
  is(text: string): boolean
  /** What a browser keeps instead of the token, good from `now` (ms since 1970) for `seconds`. */
  session(now: number): { readonly value: string; readonly seconds: number }
  /** Whether a session was made with this token and is not over. */
  isSession(value: string, now: number): boolean
}

/** Wraps a token so that it cannot be printed. */
export const createAdminToken = (token: string): AdminToken => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  const sign = (text: string): string =>
    createHmac('sha256', token).update(`MePassa/admin-session/v1\0${text}`).digest('base64url')
  return {
    is: (text) => timingSafeEqual(digest(text), digest(token)),
    session: (now) => {
      const end = String(now + SESSION)
      return { value: `${end}.${sign(end)}`, seconds: SESSION / 1000 }
    },
    isSession: (value, now) => {
      const [end = '', signature = ''] = value.split('.')
      return timingSafeEqual(digest(signature), digest(sign(end))) && now < Number(end)
    },
  }
}

/** The token that the settings give, else the one kept in the data folder, else a new one that is kept there (mode 0600). */
export const loadAdminToken = async (
  given: string | null,
  dataDir: string
): Promise<{ readonly token: AdminToken; readonly madeAt: string | null }> => {
  if (given !== null) return { token: createAdminToken(given), madeAt: null }
  const path = join(dataDir, FILE)
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const known = kept?.trim()
  if (known !== undefined) {
    if (known.length < 24) throw new Error(`${path} holds no token: delete it, and a new one is made`)
    return { token: createAdminToken(known), madeAt: null }
  }
  const made = randomBytes(24).toString('base64url')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await writeFile(path, `${made}\n`, { mode: 0o600, flag: 'wx', flush: true })
  return { token: createAdminToken(made), madeAt: path }
}

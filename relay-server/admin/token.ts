import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

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

import type { Look } from '../../core/domain/settings.ts'

/** Names of what windows remember, beside the database: look and language are known before that is open. */
const THEME_KEY = 'mepassa.theme'
const LOCALE_KEY = 'mepassa.locale'

/** Reading `localStorage` throws where a person has forbidden it. */
const storageOf = (view: Pick<Window, 'localStorage'>): Storage | undefined => {
  try {
    return view.localStorage
  } catch {
    return undefined
  }
}

/** What the person has chosen here; null where they leave it to the device. */
export const readLook = (view: Pick<Window, 'localStorage'>): Look => {
  const storage = storageOf(view)
  return { theme: storage?.getItem(THEME_KEY) ?? null, language: storage?.getItem(LOCALE_KEY) ?? null }
}

export const rememberTheme = (view: Pick<Window, 'localStorage'>, theme: string): void =>
  storageOf(view)?.setItem(THEME_KEY, theme)

export const rememberLanguage = (view: Pick<Window, 'localStorage'>, language: string): void =>
  storageOf(view)?.setItem(LOCALE_KEY, language)

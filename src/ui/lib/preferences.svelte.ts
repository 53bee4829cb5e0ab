import { baseLocale, isLocale, overwriteGetLocale, type Locale } from '../i18n/paraglide/runtime.js'
import { createFormats } from '../i18n/format.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const THEME_KEY = 'mepassa.theme'
const LOCALE_KEY = 'mepassa.locale'
const isTheme = (text: string | null): text is Theme => THEMES.some((theme) => theme === text)

/** The catalogue's language nearest to what the browser asks for: any Portuguese is better read in Brazilian than in English. */
export const nearestLocale = (languages: readonly string[]): Locale => {
  for (const language of languages) {
    if (isLocale(language)) return language
    const primary = language.split('-')[0]?.toLowerCase()
    if (primary === 'pt') return 'pt-BR'
    if (primary === 'en') return 'en'
  }
  return baseLocale
}

/** Look and language: kept in this browser alone, and known before the database is open. */
export class Preferences {
  #storage: Storage | undefined
  #root: HTMLElement
  #locale = $state.raw<Locale>(baseLocale)
  #theme = $state.raw<Theme>('system')
  readonly formats = $derived(createFormats(this.#locale))

  constructor(view: Window) {
    this.#storage = storageOf(view)
    this.#root = view.document.documentElement
    const stored = this.#storage?.getItem(LOCALE_KEY)
    this.#locale = isLocale(stored) ? stored : nearestLocale(view.navigator.languages)
    const theme = this.#storage?.getItem(THEME_KEY) ?? null
    this.#theme = isTheme(theme) ? theme : 'system'
    // The messages read the state, so that a view that shows one is drawn anew when the language changes.
    overwriteGetLocale(() => this.#locale)
    this.#apply()
  }

  get locale(): Locale {
    return this.#locale
  }
  set locale(locale: Locale) {
    this.#locale = locale
    this.#storage?.setItem(LOCALE_KEY, locale)
    this.#apply()
  }

  get theme(): Theme {
    return this.#theme
  }
  set theme(theme: Theme) {
    this.#theme = theme
    this.#storage?.setItem(THEME_KEY, theme)
    this.#apply()
  }

  #apply(): void {
    this.#root.lang = this.#locale
    if (this.#theme === 'system') delete this.#root.dataset['theme']
    else this.#root.dataset['theme'] = this.#theme
  }
}

/** Reading `localStorage` throws where a person has forbidden it. */
const storageOf = (view: Window): Storage | undefined => {
  try {
    return view.localStorage
  } catch {
    return undefined
  }
}

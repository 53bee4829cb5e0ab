import { baseLocale, isLocale, overwriteGetLocale, type Locale } from '../i18n/paraglide/runtime.js'
import { createFormats } from '../i18n/format.ts'
import type { Look } from '../../core/domain/settings.ts'
import { readLook, rememberLanguage, rememberTheme } from './look.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

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

/** Look and language: kept beside the database of this browser, and carried by backups. */
export class Preferences {
  #view: Window
  #root: HTMLElement
  #locale = $state.raw<Locale>(baseLocale)
  #theme = $state.raw<Theme>('system')
  readonly formats = $derived(createFormats(this.#locale))

  constructor(view: Window) {
    this.#view = view
    this.#root = view.document.documentElement
    const { theme, language } = readLook(view)
    this.#locale = isLocale(language) ? language : nearestLocale(view.navigator.languages)
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
    rememberLanguage(this.#view, locale)
    this.#apply()
  }

  get theme(): Theme {
    return this.#theme
  }
  set theme(theme: Theme) {
    this.#theme = theme
    rememberTheme(this.#view, theme)
    this.#apply()
  }

  /** Takes over what was chosen elsewhere, as far as this version knows it. */
  adopt({ theme, language }: Look): void {
    if (isTheme(theme)) this.theme = theme
    if (isLocale(language)) this.locale = language
  }

  #apply(): void {
    this.#root.lang = this.#locale
    if (this.#theme === 'system') delete this.#root.dataset['theme']
    else this.#root.dataset['theme'] = this.#theme
  }
}

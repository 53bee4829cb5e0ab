/** How the message catalogue is compiled; the same for the build, the type check and tests. */
export const MESSAGES = {
  project: './project.inlang',
  outdir: './src/ui/i18n/paraglide',
  // The person's own choice first, then the browser's languages, then the catalogue's base.
  strategy: ['localStorage', 'preferredLanguage', 'baseLocale'] as (
    'localStorage' | 'preferredLanguage' | 'baseLocale'
  )[],
  localStorageKey: 'mepassa.locale',
  // Every test and every headless run has an answer too: there the base locale.
  isServer: "typeof window === 'undefined'",
  emitGitIgnore: false,
  emitPrettierIgnore: false,
  emitReadme: false,
}

import type { Router } from '../../lib/router.svelte.ts'

/** Brings the search field to the front and into focus; always true. */
export const focusSearch = (router: Router): boolean => {
  const { route } = router
  const wide = window.matchMedia('(min-width: 900px)').matches
  if (route.name === 'settings' || (!wide && route.name !== 'chats')) router.go({ name: 'chats' })
  requestAnimationFrame(() => document.querySelector<HTMLInputElement>('[data-search]')?.focus())
  return true
}

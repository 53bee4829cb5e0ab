import type { App } from '../../lib/app.ts'
import { parentOf, type Route } from '../../lib/route.ts'
import { focusSearch } from '../search/focus-search.ts'
import { listed } from '../chats/listed.ts'

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** The conversation above (-1) or below (1) the open one in the list; undefined at its ends. */
export const neighbour = (app: Pick<App, 'conversations' | 'router'>, step: -1 | 1): Route | undefined => {
  const chats = listed(app.conversations.value ?? [])
  const { route } = app.router
  const open = route.name === 'chat' ? chats.findIndex((chat) => chat.id === route.conversation) : -1
  const next = chats[open < 0 ? (step > 0 ? 0 : -1) : open + step]
  return next && { name: 'chat', conversation: next.id }
}

/** Keyboard shortcuts of the whole window; the list of them is under "?". */
export const useShortcuts = (app: App, openHelp: () => void): void => {
  const pressed = (event: KeyboardEvent): boolean => {
    if (event.isComposing || document.querySelector('dialog[open]')) return false
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') return focusSearch(app.router)
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f') return searchHere(app)
    if (event.altKey && event.key.toLowerCase() === 'n') return go(app, { name: 'add' })
    if (event.altKey && event.key === 'ArrowUp') return go(app, neighbour(app, -1))
    if (event.altKey && event.key === 'ArrowDown') return go(app, neighbour(app, 1))
    if (event.key === 'Escape' && app.router.route.name !== 'chats')
      return go(app, parentOf(app.router.route))
    if (event.key === '?' && !isTyping(event.target)) {
      openHelp()
      return true
    }
    return false
  }
  $effect(() => {
    const listener = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented && pressed(event)) event.preventDefault()
    }
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  })
}

const go = (app: App, route: Route | undefined): boolean => {
  if (route) app.router.go(route)
  return route !== undefined
}

/** In an open conversation; elsewhere the browser's own search in the page stays. */
const searchHere = (app: App): boolean => {
  const { route } = app.router
  if (route.name !== 'chat') return false
  app.search.within(route.conversation)
  return focusSearch(app.router)
}

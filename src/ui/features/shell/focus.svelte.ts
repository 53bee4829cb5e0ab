import { tick, untrack } from 'svelte'
import type { Route } from '../../lib/route.ts'
import type { Router } from '../../lib/router.svelte.ts'

const placeOf = (route: Route): string => {
  switch (route.name) {
    case 'chat':
      return `chat/${route.conversation}`
    case 'contact':
      return `contact/${route.account}`
    case 'settings':
      return `settings/${route.section ?? ''}`
    default:
      return route.name
  }
}

/**
 * Moves the focus with the view: into a screen that opens, and back to the row or button it was opened from when it closes.
 */
export const useFocus = (router: Router): void => {
  const trail: { place: string; from: string | null }[] = []
  let place = untrack(() => placeOf(router.route))
  let started = false
  let end = (): void => undefined
  $effect(() => () => end())

  $effect(() => {
    const next = placeOf(router.route)
    if (!started || next === place) {
      started = true
      return
    }
    const known = trail.findIndex((step) => step.place === next)
    const left = place
    place = next
    end()
    if (known >= 0) {
      // Back where we were: whatever led away from there gets the focus again.
      const from = trail[known]?.from ?? null
      trail.length = known
      void tick().then(() => focusHref(from) || focusHref(hrefOf(left)) || focusView())
    } else {
      trail.push({ place: left, from: document.activeElement?.getAttribute('href') ?? null })
      void tick().then(() => (end = holdFocus()))
    }
  })
}

const hrefOf = (place: string): string => `#/${place}`

const visible = (element: HTMLElement): boolean => element.checkVisibility()

const focusHref = (href: string | null): boolean => {
  if (!href) return false
  const links = document.querySelectorAll<HTMLElement>(`a[href="${CSS.escape(href)}"]`)
  const link = [...links].find(visible)
  link?.focus()
  return link !== undefined
}

/**
 * Puts the focus into the screen, and again when what it waits for takes the place of what had the focus, until the person does
 * something. Answers how to end that.
 */
const holdFocus = (): (() => void) => {
  focusView()
  const observer = new MutationObserver(() => {
    const { activeElement } = document
    if (activeElement === document.body || activeElement?.matches('[data-heading], [data-pane]')) focusView()
  })
  observer.observe(document.body, { childList: true, subtree: true })
  const done = new AbortController()
  const end = (): void => {
    observer.disconnect()
    done.abort()
  }
  const { signal } = done
  for (const kind of ['pointerdown', 'keydown'])
    document.addEventListener(kind, end, { signal, capture: true })
  return end
}

/** A phone's keyboard should not jump up by itself: there the heading takes the focus, not the composer. */
const focusView = (): boolean => {
  const typing = window.matchMedia('(hover: hover) and (pointer: fine)').matches
  const wanted = typing ? ['[data-composer]', '[data-heading]'] : ['[data-heading]']
  const pane = [...document.querySelectorAll<HTMLElement>('[data-pane="main"], [data-pane="side"]')]
    .filter(visible)
    .at(-1)
  for (const selector of wanted) {
    const element = pane?.querySelector<HTMLElement>(selector)
    if (!element) continue
    element.focus({ preventScroll: true })
    return true
  }
  pane?.focus()
  return pane !== undefined
}

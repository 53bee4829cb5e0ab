import { formatRoute, parseRoute, type Route } from './route.ts'

/** The route as state, and the ways to change it. */
export class Router {
  #window: Window
  #route = $state.raw<Route>({ name: 'chats' })

  constructor(view: Window) {
    this.#window = view
    this.#route = parseRoute(view.location.hash)
  }

  get route(): Route {
    return this.#route
  }

  /** Follows the address; the function it returns ends it. */
  listen(): () => void {
    const read = (): void => {
      this.#route = parseRoute(this.#window.location.hash)
    }
    this.#window.addEventListener('hashchange', read)
    this.#window.addEventListener('popstate', read)
    return () => {
      this.#window.removeEventListener('hashchange', read)
      this.#window.removeEventListener('popstate', read)
    }
  }

  go(route: Route): void {
    this.#window.history.pushState(null, '', formatRoute(route))
    this.#route = route
  }

  /** Leaves no way back: for invites, whose payload should not stay in the history. */
  replace(route: Route): void {
    this.#window.history.replaceState(null, '', formatRoute(route))
    this.#route = route
  }
}

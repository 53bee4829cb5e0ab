import { Workbox } from 'workbox-window'
import type { Pwa } from './pwa.ts'

/** Chromium's event; not in the DOM library's types. */
interface InstallPrompt extends Event {
  prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }>
}
const isInstallPrompt = (event: Event): event is InstallPrompt => 'prompt' in event

/** Trusted Types (architecture §8): the one script address that this page registers. The policy has to be allowed in the CSP by its name. */
const POLICY = 'mepassa-service-worker'
const SCRIPT = '/sw.js'
type ScriptUrl = ConstructorParameters<typeof Workbox>[0]
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string }
  ): { createScriptURL(url: string): ScriptUrl }
}
const scriptUrl = (view: Window): ScriptUrl => {
  const trusted = (view as Window & { trustedTypes?: TrustedTypes }).trustedTypes
  if (!trusted) return SCRIPT
  return trusted.createPolicy(POLICY, { createScriptURL: () => SCRIPT }).createScriptURL(SCRIPT)
}

const UPDATE_CHECK = 60 * 60 * 1000

/** Registers the service worker and follows it. A new version is taken over only when the person says so. Call once a page. */
export const createPwa = (view: Window): Pwa => {
  let updateReady = $state(false)
  let prompt = $state.raw<InstallPrompt | null>(null)
  let installed = $state(view.matchMedia('(display-mode: standalone)').matches)
  let worker: Workbox | undefined

  view.addEventListener('beforeinstallprompt', (event) => {
    if (!isInstallPrompt(event)) return
    event.preventDefault()
    prompt = event
  })
  view.addEventListener('appinstalled', () => {
    prompt = null
    installed = true
  })

  if ('serviceWorker' in view.navigator) {
    const workbox = new Workbox(scriptUrl(view), { updateViaCache: 'none' })
    worker = workbox
    workbox.addEventListener('waiting', () => (updateReady = true))
    // Another tab may have said yes: all tabs of a profile go on with the same version.
    workbox.addEventListener('controlling', (event) => {
      if (event.isUpdate) view.location.reload()
    })
    // Without a worker the app works online all the same, so a refused registration is no error of the app's.
    workbox.register().catch(() => undefined)
    setInterval(() => void workbox.update().catch(() => undefined), UPDATE_CHECK)
  }

  return {
    get updateReady() {
      return updateReady
    },
    get canInstall() {
      return prompt !== null
    },
    get installed() {
      return installed
    },
    update: () => worker?.messageSkipWaiting(),
    install: async () => {
      const asked = prompt
      prompt = null
      return (await asked?.prompt())?.outcome === 'accepted'
    },
  }
}

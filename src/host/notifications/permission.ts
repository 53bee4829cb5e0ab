import type { NotifierState } from '../../ui/lib/notifier.ts'

type View = Window & typeof globalThis

/** Whether this browser can be woken for messages at all. */
export const supportOf = (view: View): NotifierState['support'] => {
  const { navigator } = view
  if ('serviceWorker' in navigator && 'PushManager' in view && 'Notification' in view) return 'yes'
  // Safari on iPhones and iPads has them in apps on the Home Screen alone, and says so by this property.
  return 'standalone' in navigator && navigator.standalone === false ? 'install-first' : 'no'
}

export const permissionOf = (view: View): NotificationPermission =>
  'Notification' in view ? view.Notification.permission : 'denied'

/** Calls back when the person changes their mind in the browser's settings. */
export const watchPermission = (view: View, onChange: () => void): void => {
  view.navigator.permissions.query({ name: 'notifications' }).then(
    (status) => status.addEventListener('change', onChange),
    () => undefined // a browser that cannot tell; the next start sees it
  )
}

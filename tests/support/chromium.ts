/** How the browser of the tests is started. */

/**
 * What lets two browsers on one machine find each other, and lets a root user in a container start one.
 * Loopback addresses are not offered to peers by default, and host addresses are hidden behind mDNS names.
 */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-sync',
  '--disable-component-update',
  '--no-first-run',
  '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns,MediaRouter,OptimizationHints',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
] as const

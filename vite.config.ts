import { paraglideVitePlugin } from '@inlang/paraglide-js'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'
import { budgets } from './vite/budgets.ts'
import { FOUND } from './vite/licences.ts'
import { coreWorker, preloaded } from './vite/core-worker.ts'
import { MESSAGES } from './vite/messages.ts'
import { serviceWorker } from './vite/service-worker.ts'
import { sqliteParts } from './vite/sqlite-parts.ts'

/** Where `npm run dev` runs its relay; the page reaches it under the page's own address. */
const RELAY = process.env['RELAY_ORIGIN'] ?? 'http://localhost:8080'

export default defineConfig({
  plugins: [
    paraglideVitePlugin(MESSAGES),
    svelte({ configFile: false }),
    coreWorker(),
    sqliteParts(),
    serviceWorker(),
    budgets(),
  ],
  build: {
    target: 'esnext',
    // The content security policy allows neither inline scripts nor data: URLs for code.
    modulePreload: { polyfill: false, resolveDependencies: preloaded },
    assetsInlineLimit: 0,
    // Only a hint: the budgets in vite/budgets.ts decide.
    chunkSizeWarningLimit: 1024,
    reportCompressedSize: false,
    license: { fileName: FOUND },
  },
  worker: { format: 'es' },
  // It finds its wasm beside itself, which pre-bundling would break.
  optimizeDeps: { exclude: ['@evolu/sqlite-wasm'] },
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      '/v1': RELAY,
      '/healthz': RELAY,
      '/p2p': { target: RELAY, ws: true },
      // libp2p dials the root; pages are not proxied, nor is the socket of Vite's own, which it knows by its protocol.
      '^/$': {
        target: RELAY,
        ws: true,
        bypass: (request) => (request.headers.upgrade === undefined ? request.url : undefined),
      },
    },
  },
})

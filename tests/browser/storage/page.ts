/** A page with a store, for tests that end the whole browser or fill its disk. */
import { openWhenFree, startStoreWorker, type StoreWorker } from './store-worker.ts'

declare global {
  // Read by the test through the page's global scope.
  var storage: { readonly worker: StoreWorker; readonly openWhenFree: typeof openWhenFree }
}

globalThis.storage = { worker: startStoreWorker(), openWhenFree }

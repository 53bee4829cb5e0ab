/** Beside what is built: the licences of the libraries in it, whose authors ask that they come with every copy. */
export const LICENCES = 'licences.txt'

/** Those of the service worker, which is a build of its own. */
export const WORKER_LICENCES = 'licences-service-worker.txt'

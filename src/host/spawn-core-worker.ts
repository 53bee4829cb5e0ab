import scriptUrl from '../workers/core.worker.ts?worker&url'

/** Trusted Types (architecture §8): the one worker script that the page starts. */
const POLICY = 'mepassa-core-worker'

/** The object that a policy makes is handed on to the Worker constructor alone; to the compiler it is the string it stands for. */
interface Policy {
  createScriptURL(url: string): string
}
interface TrustedTypes {
  createPolicy(name: string, rules: Policy): Policy
}
const policies = new WeakMap<object, Policy>()

const trusted = (view: Window): string => {
  const types = (view as Window & { trustedTypes?: TrustedTypes }).trustedTypes
  if (!types) return scriptUrl
  // A policy's name may be used once a page; workers may be started many times.
  const policy = policies.get(view) ?? types.createPolicy(POLICY, { createScriptURL: () => scriptUrl })
  policies.set(view, policy)
  return policy.createScriptURL(scriptUrl)
}

/** Starts a core worker. */
export const spawnCoreWorker = (view: Window): Worker =>
  new Worker(trusted(view), { type: 'module', name: 'mepassa-core' })

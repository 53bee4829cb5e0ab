import type { MissingCapability } from '../ui/boot-state.ts'

const CURVES = ['X25519', 'Ed25519'] as const

const hasCurves = async (subtle: SubtleCrypto): Promise<boolean> => {
  try {
    for (const name of CURVES) {
      await subtle.generateKey({ name }, false, name === 'X25519' ? ['deriveBits'] : ['sign', 'verify'])
    }
    return true
  } catch {
    return false
  }
}

/**
 * What this page would need and does not have; empty when all is there. WebRTC is not asked for: without it messages go through the
 * mailbox. Sync handles of files show themselves in workers alone, so the core worker tells of those.
 */
export const missingCapabilities = async (
  view: Window & typeof globalThis
): Promise<readonly MissingCapability[]> => {
  // On an insecure origin the rest is missing for that very reason, and saying so would only mislead.
  if (!view.isSecureContext) return ['secure-context']
  const { navigator } = view
  const missing: MissingCapability[] = []
  if (!('Worker' in view) || !('BroadcastChannel' in view)) missing.push('workers')
  if (!('WebAssembly' in view)) missing.push('wasm')
  if (!('locks' in navigator)) missing.push('locks')
  if (!('storage' in navigator) || !('getDirectory' in navigator.storage)) missing.push('opfs')
  if (!('subtle' in view.crypto) || !(await hasCurves(view.crypto.subtle))) missing.push('webcrypto')
  return missing
}

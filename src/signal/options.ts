import type { WorkBudget } from './budget.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import { defaultProvider } from './crypto/web-crypto.ts'

/** The furthest jump that the protocol allows anywhere (spec §13). */
export const PROTOCOL_MAX_JUMP = 25_000
/** Our default: a forged counter costs at most this many steps (spec §15). */
export const DEFAULT_MAX_JUMP = 2_000

/** How far ahead a message may be; local policy (spec §15). */
export type JumpLimits = {
  /** Double Ratchet and SPQR. */
  readonly sessionJump: number
  readonly senderKeyJump: number
}

/** Optional last argument of the functions that need more than libsignal's signatures say. */
export type SignalOptions = {
  /** Public-key operations; WebCrypto where there is one, by default. */
  readonly provider?: CryptoProvider
  /** Jump limits; clipped to the protocol's 25,000. */
  readonly limits?: Partial<JumpLimits>
  /** Work that each sender may cause in vain; without limit by default. */
  readonly budget?: WorkBudget
}

export type ResolvedOptions = {
  readonly provider: CryptoProvider
  readonly limits: JumpLimits
  readonly budget: WorkBudget | undefined
}

/** Fills in the defaults. */
export const resolveOptions = (options: SignalOptions | undefined): ResolvedOptions => ({
  provider: options?.provider ?? defaultProvider,
  budget: options?.budget,
  limits: {
    sessionJump: Math.min(options?.limits?.sessionJump ?? DEFAULT_MAX_JUMP, PROTOCOL_MAX_JUMP),
    senderKeyJump: Math.min(options?.limits?.senderKeyJump ?? DEFAULT_MAX_JUMP, PROTOCOL_MAX_JUMP),
  },
})

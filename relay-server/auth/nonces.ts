/** Nonces of signed requests that were seen, for as long as the request would be good. */
export interface Nonces {
  /** False if it was seen before, or if the memory is full of nonces that are still good. */
  use(who: string, nonce: string, now: number): Promise<boolean>
}

/** Makes the memory: `most` nonces, each for `lifetime` ms. When it is full, requests are refused: a forgotten nonce could be used again. */
export const createNonces = (most: number, lifetime: number): Nonces => {
  /** By insertion, which is by time. */
  const seen = new Map<string, number>()
  return {
    use: async (who, nonce, now) => {
      for (const [key, at] of seen) {
        if (now - at <= lifetime) break
        seen.delete(key)
      }
      const key = `${who} ${nonce}`
      if (seen.has(key) || seen.size >= most) return false
      seen.set(key, now)
      return true
    },
  }
}

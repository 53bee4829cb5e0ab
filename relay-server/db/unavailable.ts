/** The database cannot be reached or cannot write just now. What was asked may have been done or not: it can be asked for again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  constructor(cause?: unknown) {
    super('the store is not available', { cause })
  }
}

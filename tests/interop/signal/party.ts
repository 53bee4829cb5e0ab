import * as official from '@signalapp/libsignal-client'
import * as ours from '../../../src/signal/index.ts'
import { createPartyOn, type Library, type LibraryName, type Party } from './harness.ts'

export * from './harness.ts'

/** Both libraries; the official one has the same names and argument orders, its handles aside. */
export const libraries: Readonly<Record<LibraryName, Library>> = {
  ours,
  official: official as unknown as Library,
}

/** A device on the named library. */
export const createParty = (
  name: LibraryName,
  service: string,
  device = 1,
  options?: ours.SignalOptions
): Party => createPartyOn(name, libraries[name], service, device, options)

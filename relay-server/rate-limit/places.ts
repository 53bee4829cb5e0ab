import { createTally } from '../tally.ts'
import { aroundOf, networkOf } from './network-of.ts'

/** Takes a place for an IP address; answers what frees it, or false if the address, or the network around it, has all of its. */
export type TakePlace = (address: string) => (() => void) | false

/** So many places for each address (a /64 in IPv6), and as many times that for the network around it. */
export const createPlaces = (perAddress: number, addressesPerNetwork: number): TakePlace => {
  const taken = createTally()
  return (address) => {
    const network = networkOf(address)
    const around = `around ${aroundOf(network)}`
    if (taken.of(network) >= perAddress || taken.of(around) >= perAddress * addressesPerNetwork) return false
    const count = (amount: number): void => {
      taken.add(network, amount)
      taken.add(around, amount)
    }
    count(1)
    return () => count(-1)
  }
}

import type { ServerResponse } from 'node:http'
import { createTally } from '../tally.ts'

export interface DownloadLimits {
  /** Under way at a time: in all, and of one network. */
  readonly most: number
  readonly perNetwork: number
  /** Milliseconds in which a reader has to take a piece. */
  readonly pieceTime: number
}

/** A download that holds its place until the response is over. */
export interface Download {
  /** The reader has taken a piece: its time begins anew. */
  moved(): void
}

/** Gives out places; undefined when there is none. */
export type Downloads = (network: string, response: ServerResponse) => Download | undefined

/** Each download holds two pieces in memory at most, so that there have to be only so many, and none of them for ever. */
export const createDownloads = ({ most, perNetwork, pieceTime }: DownloadLimits): Downloads => {
  const open = createTally()
  let all = 0

  return (network, response) => {
    // Who has hung up meanwhile will not hang up again.
    if (all >= most || open.of(network) >= perNetwork || response.destroyed) return undefined
    open.add(network, 1)
    all++
    const timer = setTimeout(() => response.destroy(), pieceTime)
    response.once('close', () => {
      clearTimeout(timer)
      open.add(network, -1)
      all--
    })
    return { moved: () => void timer.refresh() }
  }
}

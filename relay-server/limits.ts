/** Every bound of the relay that is not part of the protocol (those are in `src/protocol/limits.ts`), each with its reason. */
import { LIMITS } from '../src/protocol/limits.ts'
import type { DownloadLimits } from './blobs/downloads.ts'
import type { BodyBudgetLimits } from './http/body-budget.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MEBIBYTE = 1024 * 1024

/** So many in so many milliseconds. */
export interface Rate {
  readonly points: number
  readonly per: number
}

/** Tests make some of these smaller or larger; a running relay uses `RELAY_LIMITS`. */
export interface RelayLimits {
  readonly mailboxCount: number
  readonly mailboxBytes: number
  readonly requestsPerKey: number
  readonly requestBytes: number
  readonly pageEnvelopes: number
  readonly pageBytes: number
  readonly window: number
  readonly knownKeys: number
  readonly sweepBatch: number
  readonly sweepEvery: number
  readonly oneTimeKeys: number
  readonly foreignLists: number
  readonly homeLists: number
  readonly foreignListLife: number
  readonly listTtl: number
  readonly turnLifetime: number
  readonly uploadTokenBytes: number
  readonly uploadTokenLife: number
  readonly reservedBlobLife: number
  readonly unfinishedBlobLife: number
  readonly downloads: DownloadLimits
  readonly bodies: BodyBudgetLimits
  readonly roomEvery: number
  readonly nonces: number
  readonly noncesPerAccount: number
  readonly databaseConnections: number
  readonly lookEvery: number
  readonly lookOftenEvery: number
  readonly presenceWait: number
  readonly rates: {
    readonly requests: Rate
    readonly registrations: Rate
    readonly deposits: Rate
    readonly fanOuts: Rate
    readonly newLists: Rate
    readonly claims: Rate
    readonly requestKeyClaims: Rate
    readonly upgrades: Rate
    readonly signIns: Rate
    readonly uploadTokens: Rate
    readonly beginnings: Rate
    readonly subscriptions: Rate
    readonly renewals: Rate
    readonly pushes: Rate
  }
  readonly addressesPerNetwork: number
  readonly acknowledgeTime: number
  readonly pushRetry: { readonly first: number; readonly most: number }
  readonly socketsPerAddress: number
  readonly connections: { readonly most: number; readonly perAddress: number }
  readonly headTime: number
  readonly requestTime: number
}

export const RELAY_LIMITS: RelayLimits = {
  /** Waiting envelopes of one device: two weeks of a busy person, and a bound on what a contact can pile up. */
  mailboxCount: 20_000,
  mailboxBytes: 128 * 1024 * 1024,
  /** A stranger's request is a hello and its repeats; an invite link that went public must not fill a mailbox. */
  requestsPerKey: 20,
  requestBytes: LIMITS.requestEnvelopeBytes,
  pageEnvelopes: LIMITS.pageDeliveries,
  pageBytes: LIMITS.pageBytes,
  /** Deliveries on a stream without an acknowledgement: keeps a slow device from holding the relay's memory. */
  window: 256,
  /** Accounts whose last good delivery key is at hand, some 300 bytes each: messages for those of them that are connected need not wait for the disk. */
  knownKeys: 10_000,
  /** 500 rows take under 15 ms; more would be felt by deposits that wait behind. */
  sweepBatch: 500,
  sweepEvery: 10 * MINUTE,
  /** Unused one-time keys of one device and kind: a few uploads of `LIMITS.prekeyBatch`. */
  oneTimeKeys: 4 * LIMITS.prekeyBatch,
  /** Device lists that came by the DHT alone: anyone can write there, so there is an end (1.5 GB at the largest record). */
  foreignLists: 20_000,
  /** Places of one publish key that devices registered here have put lists at: an account has one, and the newest of more stay. */
  homeLists: 4,
  /** When there is no room for a list that comes by the DHT, one that was not renewed for this long makes way: honest ones are, monthly. */
  foreignListLife: 35 * DAY,
  /** Lists are signed again at least monthly (architecture §4); one that was not for three months is given up. */
  listTtl: 90 * DAY,
  /** Credentials of TURN: apps renew them at half of it, so an hour's outage of the relay stops nobody's calls; stolen, they are soon void. */
  turnLifetime: 6 * HOUR,
  /** Attachments of one token, bytes: five of the largest. With `rates.uploadTokens`, 2 GiB a day for an account. */
  uploadTokenBytes: 5 * LIMITS.blobBytes,
  /** So a person who is away for some days can go on with an upload; no longer, since uploads of one token can be linked. */
  uploadTokenLife: 7 * DAY,
  /** Room for a piece that was asked for and nothing was put into: the first piece follows at once, and room must not be had for asking. */
  reservedBlobLife: 5 * MINUTE,
  /** An upload that no piece was added to for this long is given up: it holds room. */
  unfinishedBlobLife: 2 * DAY,
  /** Two pieces of 1 MiB each in memory; a reader slower than 70 kbit/s does not get on by whole pieces, and asks for ranges. */
  downloads: { most: 64, perNetwork: 16, pieceTime: 2 * MINUTE },
  /**
   * Bodies on their way in, which are held in memory until they are whole: a body may take `requestTime`. One address has 32 pieces of
   * attachments under way at once, one that sends nothing but beginnings leaves most of the room to others. Whoever shows nothing, from however
   * many addresses, takes a third of it: deposits and attachments go on.
   */
  bodies: {
    total: 192 * MEBIBYTE,
    unchecked: 64 * MEBIBYTE,
    perAddress: 32 * MEBIBYTE,
    perNetwork: 64 * MEBIBYTE,
  },
  /** Looks at the disk and the sum of all mail this often: at the 100 MB a second that a disk may take, well within the room that is left. */
  roomEvery: 3 * SECOND,
  /** Nonces remembered for `LIMITS.requestAge` both ways: 2 minutes at 1,000 signed requests a second. */
  nonces: 120_000,
  /** Of one account: 25 signed requests a second. One that fills its share keeps nobody else's requests out. */
  noncesPerAccount: 3_000,
  /** To PostgreSQL, of one relay process: it takes 100 in all by default, so five processes leave room for backups and people. */
  databaseConnections: 12,
  /** Over a shared store, connected devices look for mail this seldom while word of it comes: a word can be lost with the process that owes it. */
  lookEvery: 30 * SECOND,
  /** And this often while Redis is away: 2,000 devices are 700 small queries a second. */
  lookOftenEvery: 3 * SECOND,
  /** A sender's acknowledgement waits so long for Redis to say who is connected elsewhere. Without that word such a device is pushed to, and looks by itself. */
  presenceWait: 200,
  rates: {
    /** By address: many people can share one, and a client that was offline asks for much at once. */
    requests: { points: 3_000, per: MINUTE },
    /** By address, of devices that are new: a home of ten with some tries each; a relay full of empty accounts helps nobody. */
    registrations: { points: 120, per: HOUR },
    /** By access key: one contact sending as fast as a person can, with a backlog after a day offline. */
    deposits: { points: 3_000, per: MINUTE },
    /** By address, recipients: a message to the largest group every three seconds. Nobody shows a key for the whole of a request, and each recipient is looked up. */
    fanOuts: { points: 20 * LIMITS.fanOutDevices, per: MINUTE },
    /** By address, lists of accounts that the DHT brings for the first time. What one address brings is given up long before it fills `foreignLists`. */
    newLists: { points: 60, per: DAY },
    /** By delivery key, shared by all contacts of an account: one-time keys must not be drained by one of them. */
    claims: { points: 300, per: HOUR },
    /** By request key: whoever finds an invite link can claim; a person is invited a few times an hour. */
    requestKeyClaims: { points: 40, per: HOUR },
    /** WebSocket upgrades by address: all devices of one office coming back after a cut. */
    upgrades: { points: 600, per: MINUTE },
    /** By address: an operator who mistypes; the token is far beyond guessing at any rate. */
    signIns: { points: 20, per: HOUR },
    /** By account: a token is asked for when one is used up or a week old. */
    uploadTokens: { points: 4, per: DAY },
    /** By address, uploads of attachments: each holds room for one piece for `reservedBlobLife`, so an address has at most 0.8 GB by asking alone. */
    beginnings: { points: 400, per: 5 * MINUTE },
    /** By account: each start of a device may tell its subscription, and each is a name to look up. */
    subscriptions: { points: 120, per: HOUR },
    /** By address: browsers change a subscription once in weeks, and the token is far beyond guessing. */
    renewals: { points: 60, per: HOUR },
    /** By device: more than anybody looks at, and a bound on what a contact can have delivered through other people's servers. */
    pushes: { points: 300, per: HOUR },
  },
  /**
   * What is counted by address is counted by the network around it, too (an IPv4 /24, an IPv6 /48), which may do as much as so many addresses: who has
   * a whole network has addresses to spare, and customers of one provider share theirs.
   */
  addressesPerNetwork: 10,
  /** A device that is connected and has not acknowledged within this may be a page that was frozen: it is woken like one that is away. */
  acknowledgeTime: 20 * SECOND,
  /** Pauses after a push service had no time: short ones help at a hiccup, long ones when it is down. */
  pushRetry: { first: 5 * SECOND, most: 10 * MINUTE },
  /** Open libp2p sockets of one address (a /64 in IPv6); the network around it may have `addressesPerNetwork` times as many. */
  socketsPerAddress: 500,
  /**
   * TCP connections of any kind, idle ones among them: twice the devices that may be connected, and some. Each has one request at a time under way, so that
   * small bodies (`BODY_LIMITS.small`), which no sum holds back, take 188 MiB at most. Of one address twice its libp2p sockets.
   */
  connections: { most: 12_000, perAddress: 1_000 },
  /** The head of a request is one packet or two; who drips it means no good. */
  headTime: 10 * SECOND,
  /** A whole request: a megabyte over a bad mobile network. */
  requestTime: 60 * SECOND,
}

/** Settings of js-libp2p whose defaults are made for something else (measured: platform notes §4, §6). */
export const LIBP2P_LIMITS = {
  /** The default of 300 is for a peer; a relay holds one connection of each of its users: about 200 KiB each. */
  maxConnections: 5_000,
  /** New connections a second of one address, 5 by default: an office, or the pages of one browser, after a restart. */
  inboundConnectionThreshold: 100,
  /** 10 by default: 1,000 clients come back within seconds of a restart. */
  maxIncomingPendingConnections: 500,
  /** 15 by default; one for each user. */
  maxReservations: 5_000,
  /** A circuit introduces and carries WebRTC signalling: 128 KiB and 2 minutes are plenty. Messages never take it. */
  circuitDuration: 2 * MINUTE,
  circuitBytes: 131_072n,
  /** Circuits that one connection may ask for at once, 300 by default: a device that comes back calls its contacts, and each for seconds. */
  circuitsFrom: 128,
  /** Circuits to one connection: everybody calls who has waited for it. */
  circuitsTo: 2_000,
  /** Streams of all kinds that one connection may have opened, 1,000 by default: each takes memory before it has said what it is for. */
  streams: 256,
  /**
   * Whoever is not heard of for so long is asked by a WebSocket ping, and is gone without an answer by the next time. Under half of the minute after
   * which proxies close a connection that is silent.
   */
  pingInterval: 28 * SECOND,
  /** Bytes a WebSocket may hold before the writer waits. */
  socketBuffer: 1024 * 1024,
  /** Largest WebSocket message: yamux frames are at most 64 KiB and noise a little more. */
  socketMessage: 1024 * 1024,
  /** Streams that one connection may open to the mailbox protocol. */
  mailboxStreams: 2,
  /** The first frame of a mailbox stream must come within this. */
  helloTimeout: 10 * SECOND,
  dhtStreams: 16,
  /** Pings of one connection at a time: a new one may begin before the one before has ended. */
  pingStreams: 2,
} as const

/** Pushes to push services, which take 4,096 bytes with 103 for the encryption. */
export const PUSH_LIMITS = {
  /** A preview as base64url, the token and the frame: all pushes are padded to this. */
  payloadBytes: 3_584,
  /** Name look-up apart: push services answer in a tenth of it. */
  requestTime: 10 * SECOND,
  lookupTime: 3 * SECOND,
  lookupTries: 2,
  /**
   * Requests under way at once, and to one address. Those that have not answered yet, or did not in the last minutes, have half of it together, however
   * many they are: people choose where their pushes go, and a place that never answers holds each for `requestTime`.
   */
  requestSlots: { total: 64, perPlace: 16, unproven: { total: 32, perPlace: 4 }, probation: 5 * MINUTE },
  /** Look-ups, each a packet or two, by name. */
  lookupSlots: { total: 256, perPlace: 16, unproven: { total: 192, perPlace: 8 }, probation: MINUTE },
  /** Devices with pushes that wait; beyond it none is added: mail waits all the same. */
  devices: 5_000,
  /** Pushes of one device that wait, 2.6 KiB each; of more the oldest is given up. */
  perDevice: 5,
  tries: 7,
  /** The longest wait that a push service may ask for. */
  longestWait: HOUR,
  /** What push services keep at most, four weeks (RFC 8030 leaves it to them). */
  ttl: 28 * DAY,
  /** Ringing makes sense for this long. */
  callTtl: 30 * SECOND,
  /** Previews that a push service keeps of a device that is away: each further one takes the place of one of them. */
  previewTopics: 5,
  /** Connected devices whose acknowledgement is waited for. */
  awaited: 10_000,
} as const

/** Bodies of HTTP requests, bytes. JSON of a prekey upload: 100 Kyber keys of 1,569 bytes, in base64url with their frames. */
export const BODY_LIMITS = {
  small: 16_384,
  prekeys: 400_000,
  list: LIMITS.listRecordBytes,
  endpoint: LIMITS.endpointBytes,
  deposit: LIMITS.depositBytes,
  fanOut: LIMITS.fanOutUploadBytes,
  blob: LIMITS.blobChunk,
} as const

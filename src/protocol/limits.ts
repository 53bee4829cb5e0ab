/** Bounds on everything that crosses a network, shared by both ends. Bytes and milliseconds unless a name says otherwise. */
export const LIMITS = {
  /** UTF-8 of one text message. */
  textBytes: 65_536,
  /** A padded content: text, its frame and at most an eighth of padding. */
  contentBytes: 90_112,
  /** A sealed message: content, session and sealed-sender overhead (about 2.5 KiB with a prekey message). */
  envelopeBytes: 98_304,
  /** The same for a stranger's request: a hello and a device list, nothing more. */
  requestEnvelopeBytes: 8_192,
  /** Entries of one deposit: devices of one account. */
  depositEntries: 32,
  depositBytes: 1_048_576,
  /** Devices that one upload may reach. */
  fanOutDevices: 1_000,
  /** Such an upload: a sealed message, and about 250 bytes for each recipient. */
  fanOutUploadBytes: 393_216,
  /** All that is stored of it: one transaction, which others wait behind. */
  fanOutBytes: 16_777_216,
  /** An attachment, encrypted and padded: a few minutes of video. */
  blobBytes: 104_857_600,
  /** Smaller ones are padded to this. */
  blobLeastBytes: 4_096,
  /** What is uploaded at a time, and sent again when a connection breaks. */
  blobChunk: 1_048_576,
  /** Frames on a stream: one envelope and its field headers. */
  frameBytes: 98_304 + 256,
  /** Seconds after which a message vanishes. */
  vanishSeconds: 4 * 7 * 24 * 60 * 60,
  nameCharacters: 64,
  nameBytes: 256,
  /** Texts of a stranger that are kept beside their request. */
  requestTexts: 20,
  /** Requests that wait for an answer at once. */
  openRequests: 200,
  relays: 3,
  devices: 32,
  listChain: 64,
  listChainBytes: 65_536,
  listRecordBytes: 73_728,
  endpointBytes: 2_048,
  endpointTtl: 2 * 60 * 60 * 1000,
  receiptIds: 256,
  /** Of one page of a mailbox: a few hundred messages are one answer. Few are large, so `pageBytes` ends it first only when many are. */
  pageDeliveries: 512,
  /** Bodies of one page: a phone should be able to take it before its connection breaks. */
  pageBytes: 2_097_152,
  /** More than a content is ever sent again, by itself and by hand. */
  replacedEnvelopes: 8,
  knockAddresses: 8,
  addressCharacters: 512,
  inviteCharacters: 1_024,
  inviteLifetime: 30 * 24 * 60 * 60 * 1000,
  mailboxTtl: 14 * 24 * 60 * 60 * 1000,
  /** A remote clock further ahead than this never advances ours. */
  clockSkew: 5 * 60 * 1000,
  /** Age of a signed request or hello. */
  requestAge: 60_000,
  prekeyBatch: 100,
  /** An encrypted preview in a deposit: it must fit, as base64url and with its frame, into what every push service takes. */
  previewBytes: 2_560,
  /** Address of a subscription at a push service; those of today have up to 300. */
  pushEndpointCharacters: 1_024,
} as const

/** Names of our libp2p protocols. */
export const PROTOCOLS = {
  envelopes: '/mepassa/envelopes/1.0.0',
  mailbox: '/mepassa/mailbox/1.0.0',
  dht: '/mepassa/kad/1.0.0',
} as const

/** Purposes of our own signatures and derivations (architecture §4): the label, a zero byte, then the data. */
export const PURPOSES = {
  deviceList: 'MePassa/device-list/v1',
  listRecord: 'MePassa/list-record/v1',
  listLocator: 'MePassa/list-locator/v1',
  listKey: 'MePassa/list-key/v1',
  addDevice: 'MePassa/add-device/v1',
  removeDevice: 'MePassa/remove-device/v1',
  mailboxHello: 'MePassa/mailbox-hello/v1',
  endpointKey: 'MePassa/endpoint-key/v1',
  accountKey: 'MePassa/account-key/v1',
  notificationShared: 'MePassa/notification-shared/v1',
  notificationContact: 'MePassa/notification-contact/v1',
  preview: 'MePassa/preview/v1',
} as const

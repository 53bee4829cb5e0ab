import type { ProtocolAddress } from '../address/protocol-address.ts'
import type { ServiceId } from '../address/service-id.ts'
import type { Bytes } from '../bytes.ts'
import { signalError } from '../errors.ts'
import type { PublicKey } from '../keys/ec.ts'
import { resolveOptions, type SignalOptions } from '../options.ts'
import type { IdentityKeyStore, SessionStore } from '../stores/stores.ts'
import type { UnidentifiedSenderMessageContent } from './content.ts'
import { recipientIdentity } from './encrypt.ts'
import {
  deliveredTo,
  encodeSentMessage,
  MAX_REGISTRATION_ID,
  parseSentMessage,
  type SentDevice,
  type SentEntry,
} from './sent-message.ts'
import { sealV2 } from './v2.ts'

const OPERATION = 'SealedSender_MultiRecipientEncrypt'

export type SealedSenderMultiRecipientEncryptOptions = {
  content: UnidentifiedSenderMessageContent
  recipients: ProtocolAddress[]
  excludedRecipients?: ServiceId[]
  identityStore: IdentityKeyStore
  sessionStore: SessionStore
}

type Group = { readonly serviceId: string; readonly identity: PublicKey; readonly devices: SentDevice[] }

const deviceOf = (address: ProtocolAddress, registrationId: number): SentDevice => {
  if (registrationId > MAX_REGISTRATION_ID)
    throw signalError(
      'invalid-registration-id',
      `session for ${address.toString()} has invalid registration ID 0x${registrationId.toString(16)}`,
      OPERATION,
      address.toString()
    )
  return { deviceId: address.deviceId(), registrationId }
}

/** Devices of one account with the same identity key share an entry; others have their own. */
const groupRecipients = async (
  recipients: readonly ProtocolAddress[],
  identityStore: IdentityKeyStore,
  sessionStore: SessionStore
): Promise<Group[]> => {
  const sessions = await sessionStore.getExistingSessions([...recipients])
  const groups: Group[] = []
  for (const [i, address] of recipients.entries()) {
    const id = address.serviceId()
    const session = sessions[i]
    if (!id || !session)
      throw signalError(
        id ? 'session-not-found' : 'invalid-argument',
        'invalid recipient',
        OPERATION,
        address.name()
      )
    const device = deviceOf(address, session.remoteRegistrationId())
    const identity = await recipientIdentity(address, identityStore, OPERATION)
    const serviceId = id.getServiceIdString()
    const group = groups.find((known) => known.serviceId === serviceId && known.identity.equals(identity))
    if (group) group.devices.push(device)
    else groups.push({ serviceId, identity, devices: [device] })
  }
  return groups
}

const encryptForMany = async (
  {
    content,
    recipients,
    excludedRecipients,
    identityStore,
    sessionStore,
  }: SealedSenderMultiRecipientEncryptOptions,
  options: SignalOptions | undefined
): Promise<Bytes> => {
  const { provider } = resolveOptions(options)
  const groups = await groupRecipients(recipients, identityStore, sessionStore)
  const sealed = sealV2(content.serialize(), await identityStore.getIdentityKeyPair(), provider)
  try {
    const entries: SentEntry[] = []
    for (const { serviceId, identity, devices } of groups)
      entries.push({ serviceId, devices, shares: await sealed.shareFor(identity) })
    const excluded = (excludedRecipients ?? []).map((id) => id.getServiceIdString())
    return encodeSentMessage({ entries, excluded, ephemeral: sealed.ephemeral, body: sealed.body })
  } finally {
    sealed.close()
  }
}

/**
 * Seals `content` once for many devices (spec §10.4); sessions and identities of all must be in the stores. Throws
 * `session-not-found`, `invalid-registration-id` or `invalid-key`.
 */
export function sealedSenderMultiRecipientEncrypt(
  options: SealedSenderMultiRecipientEncryptOptions,
  settings?: SignalOptions
): Promise<Bytes>
export function sealedSenderMultiRecipientEncrypt(
  content: UnidentifiedSenderMessageContent,
  recipients: ProtocolAddress[],
  identityStore: IdentityKeyStore,
  sessionStore: SessionStore
): Promise<Bytes>
export function sealedSenderMultiRecipientEncrypt(
  first: UnidentifiedSenderMessageContent | SealedSenderMultiRecipientEncryptOptions,
  second?: ProtocolAddress[] | SignalOptions,
  identityStore?: IdentityKeyStore,
  sessionStore?: SessionStore
): Promise<Bytes> {
  if ('recipients' in first) return encryptForMany(first, second as SignalOptions | undefined)
  const recipients = second as ProtocolAddress[]
  const stores = {
    identityStore: identityStore as IdentityKeyStore,
    sessionStore: sessionStore as SessionStore,
  }
  return encryptForMany({ content: first, recipients, ...stores }, undefined)
}

/** What the only recipient of a sent message receives. Throws `invalid-message` for another number of them. */
export const sealedSenderMultiRecipientMessageForSingleRecipient = (message: Uint8Array): Bytes => {
  const parsed = parseSentMessage(message)
  const [entry, ...others] = parsed.entries
  if (!entry || others.length > 0)
    throw signalError('invalid-message', 'invalid argument: only one recipient is allowed', OPERATION)
  return deliveredTo(parsed, entry)
}

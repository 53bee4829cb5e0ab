import type { ProtocolAddress } from '../address/protocol-address.ts'
import type { Uuid } from '../address/uuid.ts'
import { concat } from '../bytes.ts'
import { generateRawKeyPair } from '../crypto/pure.ts'
import { randomBytes } from '../crypto/random.ts'
import { CURVE_KEY_TYPE } from '../keys/ec.ts'
import { mutexOf } from '../locks.ts'
import { EMPTY_LIST } from '../proto/packed.ts'
import type { SenderKeyStore } from '../stores/stores.ts'
import { SenderKeyRecord } from './record.ts'
import { serializeSenderKeyStates, type SenderKeyState } from './state.ts'

const CHAIN_KEY_LENGTH = 32
// spec §9: a chain id has 31 bits.
const CHAIN_ID_SHIFT = 1

/** Name of the lock over one sender-key record. */
export const senderKeyLock = (sender: ProtocolAddress, distributionId: Uuid): string =>
  `${sender.toString()} ${distributionId}`

/** The states stored for a sender; empty when there is no record. */
export const loadSenderKeyStates = async (
  sender: ProtocolAddress,
  distributionId: Uuid,
  store: SenderKeyStore
): Promise<SenderKeyState[]> => {
  const record = await store.getSenderKey(sender, distributionId)
  return record?.states() ?? []
}

/** Persists states as a record. */
export const saveSenderKeyStates = async (
  sender: ProtocolAddress,
  distributionId: Uuid,
  states: readonly SenderKeyState[],
  store: SenderKeyStore
): Promise<void> => {
  const record = SenderKeyRecord.deserialize(serializeSenderKeyStates(states))
  await store.saveSenderKey(sender, distributionId, record)
}

const createChain = (): SenderKeyState => {
  const pair = generateRawKeyPair()
  return {
    chainId: new DataView(randomBytes(4).buffer).getUint32(0) >>> CHAIN_ID_SHIFT,
    iteration: 0,
    chainKey: randomBytes(CHAIN_KEY_LENGTH),
    signingPublic: concat(Uint8Array.of(CURVE_KEY_TYPE), pair.publicKey),
    signingPrivate: pair.privateKey,
    skipped: EMPTY_LIST,
  }
}

/** Our newest chain; made and persisted when there is none (spec §9). */
export const loadOrCreateOwnChain = (
  sender: ProtocolAddress,
  distributionId: Uuid,
  store: SenderKeyStore
): Promise<SenderKeyState> =>
  mutexOf(store).run(senderKeyLock(sender, distributionId), async () => {
    const [front] = await loadSenderKeyStates(sender, distributionId, store)
    if (front) return front
    const chain = createChain()
    await saveSenderKeyStates(sender, distributionId, [chain], store)
    return chain
  })

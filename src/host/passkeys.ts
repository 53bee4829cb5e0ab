import type { KeeperClient } from '../client/keeper/connect-keeper.ts'
import type { Outcome } from '../client/contract.ts'
import type { PasskeyInfo } from '../core/domain/keeper.ts'
import type { InputError } from '../core/domain/errors.ts'
import { err, type Result } from '../lib/result.ts'
import type { StoreKeeper } from '../ui/lib/keeper.ts'

type Passkeys = Pick<StoreKeeper, 'mayUsePasskeys' | 'makePasskey' | 'unlockWithPasskey' | 'removePasskey'>
type View = Window & typeof globalThis

/** Public-key algorithms by their COSE numbers: Ed25519, P-256, RSA. The signature is not looked at: what counts is the secret behind it. */
const ALGORITHMS = [-8, -7, -257] as const
const RANDOM = 32
/** The browser ends the question by itself, ms. */
const TIMEOUT = 120_000

const failed = (reason: InputError['reason']): Result<never, InputError> => err({ kind: 'input', reason })
const randomBytes = (view: View, length: number): Uint8Array<ArrayBuffer> =>
  view.crypto.getRandomValues(new Uint8Array(length))

/** What the passkey's function answered, as a key that nobody can read any more: the bytes end here. */
const secretOf = async (view: View, credential: PublicKeyCredential): Promise<CryptoKey | undefined> => {
  const first = credential.getClientExtensionResults().prf?.results?.first
  if (first === undefined) return undefined
  const bytes = ArrayBuffer.isView(first)
    ? new Uint8Array(first.buffer, first.byteOffset, first.byteLength)
    : new Uint8Array(first)
  try {
    return await view.crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey'])
  } finally {
    bytes.fill(0)
  }
}

/** Asks a passkey for its secret: undefined, when it has none to give. Throws when the person or the browser does not want to. */
const ask = async (view: View, { credential, salt }: PasskeyInfo): Promise<CryptoKey | undefined> => {
  const answer = await view.navigator.credentials.get({
    publicKey: {
      challenge: randomBytes(view, RANDOM),
      allowCredentials: [{ type: 'public-key', id: new Uint8Array(credential) }],
      userVerification: 'required',
      timeout: TIMEOUT,
      extensions: { prf: { eval: { first: new Uint8Array(salt) } } },
    },
  })
  return answer instanceof view.PublicKeyCredential ? secretOf(view, answer) : undefined
}

const create = async (
  view: View,
  salt: Uint8Array<ArrayBuffer>
): Promise<PublicKeyCredential | undefined> => {
  const made = await view.navigator.credentials.create({
    publicKey: {
      rp: { name: 'MePassa' },
      user: { id: randomBytes(view, RANDOM), name: 'MePassa', displayName: 'MePassa' },
      challenge: randomBytes(view, RANDOM),
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      timeout: TIMEOUT,
      extensions: { prf: { eval: { first: salt } } },
    },
  })
  return made instanceof view.PublicKeyCredential ? made : undefined
}

/** Passkeys as openers of the app lock (WebAuthn's PRF extension). The page sees their secret for no longer than it takes to lock it into a key. */
export const createPasskeys = (view: View, keeper: KeeperClient): Passkeys => {
  /** Whatever the platform throws: the person, or the passkey, has not answered. */
  const answered = async (work: () => Promise<Outcome<null>>): Promise<Outcome<null>> => {
    if (!('PublicKeyCredential' in view)) return failed('passkey-unsupported')
    try {
      return await work()
    } catch (error) {
      const isMissing = error instanceof DOMException && error.name === 'NotSupportedError'
      return failed(isMissing ? 'passkey-unsupported' : 'passkey-unanswered')
    }
  }
  return {
    mayUsePasskeys: async () => {
      if (!('PublicKeyCredential' in view)) return false
      const { PublicKeyCredential } = view
      if (!('getClientCapabilities' in PublicKeyCredential)) return true
      try {
        return (await PublicKeyCredential.getClientCapabilities())['extension:prf'] !== false
      } catch {
        return true
      }
    },
    makePasskey: (current) =>
      answered(async () => {
        // First, so that no passkey is made in vain.
        const isRight = await keeper.call('unlock', { passphrase: current })
        if (!isRight.ok) return isRight
        const salt = randomBytes(view, RANDOM)
        const made = await create(view, salt)
        if (!made) return failed('passkey-unanswered')
        if (made.getClientExtensionResults().prf?.enabled !== true) return failed('passkey-unsupported')
        const passkey = { credential: new Uint8Array(made.rawId), salt }
        // Many answer only once they exist: then the person is asked a second time.
        const secret = (await secretOf(view, made)) ?? (await ask(view, passkey))
        if (!secret) return failed('passkey-unsupported')
        return keeper.call('addPasskey', { ...passkey, secret, current })
      }),
    unlockWithPasskey: () =>
      answered(async () => {
        const state = await keeper.call('lockState', null)
        if (!state.ok) return state
        if (!state.value.passkey) return failed('wrong-passkey')
        const secret = await ask(view, state.value.passkey)
        return secret ? keeper.call('unlockWithPasskey', { secret }) : failed('passkey-unsupported')
      }),
    removePasskey: () => keeper.call('removePasskey', null),
  }
}

/** The relay's own keys, made once and kept in its data folder: a new one would make every address that clients know useless. */
// The certificate library needs it to be there first.
import 'reflect-metadata'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { BasicConstraintsExtension, X509Certificate, X509CertificateGenerator } from '@peculiar/x509'
import { base64url } from 'multiformats/bases/base64'
import { sha256 } from 'multiformats/hashes/sha2'
import * as v from 'valibot'
import { fromBase64Url, own, toBase64Url } from '../../src/lib/bytes.ts'
import { keep, readKept } from '../kept-file.ts'

const DAY = 24 * 60 * 60 * 1000
const YEAR = 365 * DAY
/** js-libp2p's own certificates live 14 days, and a longer life overflows its timer (platform notes §2). */
const CERTIFICATE_LIFE = 10 * YEAR
const RENEW_BEFORE = YEAR
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const FILE = 'relay-keys.json'

/** What @libp2p/webrtc takes as `certificate`. */
export interface DirectCertificate {
  /** PEM, PKCS #8. */
  readonly privateKey: string
  readonly pem: string
  /** Multibase base64url of the multihash SHA-256 of the certificate. */
  readonly certhash: string
}

export interface RelayIdentity {
  readonly privateKey: PrivateKey
  readonly certificate: DirectCertificate
}

const FileSchema = v.object({
  version: v.literal(1),
  peerKey: v.pipe(v.string(), v.maxLength(200)),
  certificate: v.object({ privateKey: v.string(), pem: v.string() }),
})

/** Reads the keys, or makes and keeps them (mode 0600). Throws when the file is there and broken: making new ones would hide a loss. */
export const loadIdentity = async (dataDir: string, now: number): Promise<RelayIdentity> => {
  const path = join(dataDir, FILE)
  const kept = await readKept(path)
  const known = kept === undefined ? undefined : v.parse(FileSchema, JSON.parse(kept))
  const peerKey = known
    ? (fromBase64Url(known.peerKey) ?? new Uint8Array())
    : (await generateKeyPair('Ed25519')).raw
  const good =
    known !== undefined && new X509Certificate(known.certificate.pem).notAfter.getTime() - now > RENEW_BEFORE
  const certificate = good ? known.certificate : await makeCertificate(now)
  const content: v.InferOutput<typeof FileSchema> = { version: 1, peerKey: toBase64Url(peerKey), certificate }
  if (!good) await keep(path, JSON.stringify(content))
  return {
    privateKey: privateKeyFromRaw(peerKey),
    certificate: { ...certificate, certhash: await certhashOf(certificate.pem) },
  }
}

const makeCertificate = async (now: number): Promise<{ privateKey: string; pem: string }> => {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const content = {
    name: 'CN=MePassa relay',
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + CERTIFICATE_LIFE),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new BasicConstraintsExtension(false, undefined, true)],
  }
  // Named, because @libp2p/webrtc sets another engine for the whole process, which does not know these keys.
  const certificate = await X509CertificateGenerator.createSelfSigned(content, crypto)
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const lines = der.match(/.{1,64}/g) ?? []
  return {
    privateKey: ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n'),
    pem: certificate.toString('pem'),
  }
}

const certhashOf = async (pem: string): Promise<string> => {
  const digest = await sha256.digest(own(new Uint8Array(new X509Certificate(pem).rawData)))
  return base64url.encode(digest.bytes)
}

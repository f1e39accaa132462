import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { isIPv4 } from 'node:net'

/*
 * X.509 certificates for tests, so that no tool has to be installed and no key lies in the
 * repository. ECDSA on P-256; DER is written by hand (RFC 5280, section 4.1).
 */

export interface Certificate {
  readonly certPem: string
  readonly keyPem: string
}

export interface Authority extends Certificate {
  readonly name: string
  readonly key: KeyObject
}

/** A self-signed authority. */
export function createAuthority(name = 'test authority'): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const extension = [sequence(oid(0x55, 0x1d, 0x13), TRUE, octets(sequence(TRUE)))]
  const certPem = certificate(
    distinguishedName(name),
    distinguishedName(name),
    pair.publicKey,
    pair.privateKey,
    extension,
  )
  return { name, key: pair.privateKey, certPem, keyPem: keyPem(pair.privateKey) }
}

/** A certificate for host names and IPv4 addresses, signed by `authority`. */
export function issueCertificate(
  authority: Authority,
  hosts: readonly string[] = ['localhost', '127.0.0.1'],
  more: { readonly organization?: string; readonly uris?: readonly string[] } = {},
): Certificate {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = hosts.map(host =>
    isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, utf8(host)),
  )
  for (const uri of more.uris ?? []) names.push(der(0x86, utf8(uri)))
  const extension = [sequence(oid(0x55, 0x1d, 0x11), octets(sequence(...names)))]
  const { organization } = more
  const certPem = certificate(
    distinguishedName(hosts[0]!, organization),
    distinguishedName(authority.name),
    pair.publicKey,
    authority.key,
    extension,
  )
  return { certPem, keyPem: keyPem(pair.privateKey) }
}

function certificate(
  subject: Buffer,
  issuer: Buffer,
  publicKey: KeyObject,
  signer: KeyObject,
  extensions: readonly Buffer[],
): string {
  const serial = Buffer.from([1, ...Array.from({ length: 7 }, () => Math.random() * 256)])
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    issuer,
    sequence(time('20200101000000Z'), time('21200101000000Z')),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, signer)]))
  const base64 = sequence(body, ECDSA_SHA256, signature).toString('base64')
  return pem('CERTIFICATE', base64)
}

/** A revocation list of the authority (RFC 5280, section 5.1). */
export function revocationList(authority: Authority, revoked: readonly Certificate[]): string {
  const entries = revoked.map(({ certPem }) => {
    const serial = Buffer.from(new X509Certificate(certPem).serialNumber, 'hex')
    return sequence(integer(serial), time('20200101000000Z'))
  })
  const body = sequence(
    integer(Buffer.from([1])),
    ECDSA_SHA256,
    distinguishedName(authority.name),
    time('20200101000000Z'),
    time('21200101000000Z'),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
  )
  const signature = der(
    0x03,
    Buffer.concat([Buffer.from([0]), sign('sha256', body, authority.key)]),
  )
  return pem('X509 CRL', sequence(body, ECDSA_SHA256, signature).toString('base64'))
}

function pem(label: string, base64: string): string {
  const lines = base64.match(/.{1,64}/g)!.join('\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}

function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts))
const oid = (...bytes: number[]): Buffer => der(0x06, Buffer.from(bytes))
const octets = (content: Buffer): Buffer => der(0x04, content)
const integer = (content: Buffer): Buffer => der(0x02, content)
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')
const time = (text: string): Buffer => der(0x18, utf8(text))
const TRUE = der(0x01, Buffer.from([0xff]))
const ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
const distinguishedName = (name: string, organization?: string): Buffer =>
  sequence(
    ...(organization === undefined ? [] : [attribute(0x0a, organization)]),
    attribute(0x03, name),
  )
const attribute = (kind: number, text: string): Buffer =>
  der(0x31, sequence(oid(0x55, 0x04, kind), der(0x0c, utf8(text))))

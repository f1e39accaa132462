import type { PeerCertificate } from 'node:tls'
import {
  AuthGate,
  type AuthRequest,
  type Extension,
  type ExtensionContext,
  type Verdict,
} from '#core'
import type { ClientCertificateConfig } from './config.ts'

/** Names senders by the client certificates that TLS has verified (mTLS). */
export class ClientCertificateExtension implements Extension {
  readonly #config: ClientCertificateConfig
  readonly #context: ExtensionContext
  readonly #allowed: ReadonlySet<string> | undefined
  #remove: (() => void) | undefined

  constructor(config: ClientCertificateConfig, context: ExtensionContext) {
    this.#config = config
    this.#context = context
    this.#allowed = config.allowed_subjects && new Set(config.allowed_subjects)
  }

  async start(): Promise<void> {
    const { id, authenticators } = this.#context
    const gate = new AuthGate(this.#context, {
      challenge: 'Mutual realm="parsec"',
      hint: 'connect with a client certificate (tls::client_ca_file of the receiver)',
      verify: request => this.#verify(request),
    })
    this.#remove = authenticators.servers.add(id, gate)
  }

  async stop(): Promise<void> {
    this.#remove?.()
  }

  #verify(request: AuthRequest): Verdict {
    const certificate = request.certificate()
    if (certificate === undefined) return { denied: 'missing' }
    const { subject_from: name, tenant_from: part } = this.#config
    const subject = subjectOf(certificate, name)
    if (subject === undefined) {
      return { denied: 'invalid', detail: `the certificate has no ${name}` }
    }
    if (this.#allowed?.has(subject) === false) {
      return { denied: 'not_allowed', detail: `${subject} is not in allowed_subjects` }
    }
    return { subject, tenant: part && partOf(certificate, part) }
  }
}

const KINDS = { dns: 'DNS', uri: 'URI', email: 'email' } as const
/** Node's list of alternative names; one with a comma in it is quoted as a whole (JSON). */
const ALTERNATIVE_NAME = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)/g

function subjectOf(
  certificate: PeerCertificate,
  name: ClientCertificateConfig['subject_from'],
): string | undefined {
  if (name === 'cn') return partOf(certificate, 'cn')
  const names = (certificate.subjectaltname ?? '').matchAll(ALTERNATIVE_NAME)
  for (const [, kind, value = ''] of names) {
    if (kind !== KINDS[name] || value === '') continue
    return value.startsWith('"') ? (JSON.parse(value) as string) : value
  }
  return undefined
}

function partOf({ subject }: PeerCertificate, part: 'o' | 'ou' | 'cn'): string | undefined {
  const value: unknown = { o: subject?.O, ou: subject?.OU, cn: subject?.CN }[part]
  // Several units come as a list; the first is the innermost.
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' && first !== '' ? first : undefined
}

import { readFileSync } from 'node:fs'
import {
  type ConnectionOptions,
  createSecureContext,
  rootCertificates,
  type SecureContextOptions,
  type TlsOptions,
} from 'node:tls'
import type { TlsClientConfig, TlsServerConfig } from './tls-config.ts'

type CommonConfig = Pick<
  TlsServerConfig,
  | 'ca_file'
  | 'ca_pem'
  | 'include_system_ca_certs_pool'
  | 'cert_file'
  | 'cert_pem'
  | 'key_file'
  | 'key_pem'
  | 'min_version'
  | 'max_version'
  | 'cipher_suites'
  | 'curve_preferences'
>

/**
 * Reads the files and gives node:tls its options for a server. Throws an Error that names the key
 * and the file when one cannot be read, when certificate and key do not fit, or when one is missing.
 */
export function loadTlsServerOptions(config: TlsServerConfig): TlsOptions {
  const options = loadCommon(config)
  if (options.cert === undefined || options.key === undefined) {
    throw new Error('tls: a server needs cert_file (or cert_pem) and key_file (or key_pem)')
  }
  const { client_ca_file: caFile, client_crl_file: crlFile } = config
  if (caFile === undefined) {
    if (crlFile === undefined) return checked(options)
    throw new Error('tls: client_crl_file needs client_ca_file')
  }
  const ca = readPem('client_ca_file', caFile)
  const crl = crlFile === undefined ? {} : { crl: readPem('client_crl_file', crlFile) }
  const withClients = checked({ ...options, ...crl, ca })
  return { ...withClients, requestCert: true, rejectUnauthorized: true }
}

/**
 * Reads the files and gives node:tls its options for a client; undefined when `insecure` asks for
 * plain text. Throws an Error that names the key and the file.
 */
export function loadTlsClientOptions(config: TlsClientConfig): ConnectionOptions | undefined {
  if (config.insecure) return undefined
  const options = loadCommon(config)
  if ((options.cert === undefined) !== (options.key === undefined)) {
    throw new Error('tls: a client certificate needs both cert_file and key_file (or their _pem)')
  }
  return {
    ...checked(options),
    ...(config.insecure_skip_verify ? { rejectUnauthorized: false } : {}),
    ...(config.server_name_override === undefined
      ? {}
      : { servername: config.server_name_override }),
  }
}

function loadCommon(config: CommonConfig): SecureContextOptions {
  const ca = pem('ca', config.ca_file, config.ca_pem)
  const cert = pem('cert', config.cert_file, config.cert_pem)
  const key = pem('key', config.key_file, config.key_pem)
  const { min_version: min = '1.2', max_version: max } = config
  if (max !== undefined && max < min) {
    throw new Error(`tls: max_version ${max} is below min_version ${min}`)
  }
  return {
    minVersion: `TLSv${min}` as const as 'TLSv1.2',
    ...(max === undefined ? {} : { maxVersion: `TLSv${max}` as const as 'TLSv1.3' }),
    ...(ca === undefined
      ? {}
      : { ca: config.include_system_ca_certs_pool ? [...rootCertificates, ca] : ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(config.cipher_suites === undefined ? {} : { ciphers: ciphers(config.cipher_suites) }),
    ...(config.curve_preferences === undefined
      ? {}
      : { ecdhCurve: config.curve_preferences.map(curve => CURVES[curve]).join(':') }),
  }
}

/** Fails now, with a sentence, instead of at the first connection. */
function checked(options: SecureContextOptions): SecureContextOptions {
  try {
    createSecureContext(options)
    return options
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`tls: certificate, key, authority or cipher_suites not usable: ${reason}`, {
      cause: error,
    })
  }
}

function pem(
  name: 'ca' | 'cert' | 'key',
  file: string | undefined,
  text: string | undefined,
): string | undefined {
  if (file !== undefined && text !== undefined) {
    throw new Error(`tls: set ${name}_file or ${name}_pem, not both`)
  }
  return file === undefined ? text : readPem(`${name}_file`, file)
}

function readPem(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`tls: ${key} cannot be read: ${reason}`, { cause: error })
  }
}

const CURVES = { X25519: 'X25519', P256: 'P-256', P384: 'P-384', P521: 'P-521' } as const

/** IANA name (as Go and the Collector write it) to OpenSSL's. */
const CIPHERS: Readonly<Record<string, string>> = {
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
}
/** TLS 1.3 suites are not chosen by config, as in Go: all of them stay on. */
const TLS13_CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
]

function ciphers(names: readonly string[]): string {
  const wanted = names.map(name => {
    const cipher = CIPHERS[name]
    if (cipher !== undefined) return cipher
    throw new Error(
      `tls: unknown cipher suite "${name}"; known are ${Object.keys(CIPHERS).join(', ')}`,
    )
  })
  return [...new Set([...TLS13_CIPHERS, ...wanted])].join(':')
}

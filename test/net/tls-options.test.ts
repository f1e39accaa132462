import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { tlsClientConfig, tlsServerConfig } from '../../src/net/tls-config.ts'
import { loadTlsClientOptions, loadTlsServerOptions } from '../../src/net/tls-options.ts'
import { createAuthority, issueCertificate } from '../helpers/certificates.ts'

const authority = createAuthority()
const stranger = createAuthority('stranger')

async function folderOfFiles(t: ExecutionContext): Promise<(name: string) => string> {
  const folder = await mkdtemp(join(tmpdir(), 'parsec-tls-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const server = issueCertificate(authority)
  const client = issueCertificate(authority, ['a client'])
  const files = {
    'ca.pem': authority.certPem,
    'stranger.pem': stranger.certPem,
    'server.pem': server.certPem,
    'server.key': server.keyPem,
    'client.pem': client.certPem,
    'client.key': client.keyPem,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return name => join(folder, name)
}

/** Shakes hands; answers 'ok' or the code of what went wrong on the client's side. */
async function handshake(
  t: ExecutionContext,
  server: Record<string, unknown>,
  client: Record<string, unknown>,
): Promise<string> {
  const listener = createServer(loadTlsServerOptions(tlsServerConfig.parse(server)), socket => {
    socket.on('error', () => {})
    socket.end('hello')
  })
  listener.on('tlsClientError', () => {})
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  t.teardown(() => listener.close())
  const { port } = listener.address() as { port: number }
  const options = loadTlsClientOptions(tlsClientConfig.parse(client))
  return new Promise(resolve => {
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, ...options })
    socket.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message))
    socket.on('data', () => {
      resolve('ok')
      socket.destroy()
    })
  })
}

test('the files of the config make a connection that both sides trust', async t => {
  const file = await folderOfFiles(t)
  const server = { cert_file: file('server.pem'), key_file: file('server.key') }
  t.is(await handshake(t, server, { ca_file: file('ca.pem') }), 'ok')
  t.is(await handshake(t, server, { ca_pem: authority.certPem }), 'ok')
  const both = { ca_file: file('ca.pem'), include_system_ca_certs_pool: true }
  t.is(await handshake(t, server, both), 'ok')
  t.is(await handshake(t, server, { insecure_skip_verify: true }), 'ok')
})

test('a server of an unknown authority or another name is not trusted', async t => {
  const file = await folderOfFiles(t)
  const server = { cert_file: file('server.pem'), key_file: file('server.key') }
  t.regex(await handshake(t, server, { ca_file: file('stranger.pem') }), /UNABLE_TO_VERIFY|SELF/)
  const other = { ca_file: file('ca.pem'), server_name_override: 'example.org' }
  t.is(await handshake(t, server, other), 'ERR_TLS_CERT_ALTNAME_INVALID')
})

test('with client_ca_file a client without a known certificate is refused', async t => {
  const file = await folderOfFiles(t)
  const server = {
    cert_file: file('server.pem'),
    key_file: file('server.key'),
    client_ca_file: file('ca.pem'),
  }
  const known = { cert_file: file('client.pem'), key_file: file('client.key') }
  t.is(await handshake(t, server, { ca_file: file('ca.pem'), ...known }), 'ok')
  t.not(await handshake(t, server, { ca_file: file('ca.pem') }), 'ok')
})

test('versions, cipher suites and curves reach the handshake', async t => {
  const file = await folderOfFiles(t)
  const server = {
    cert_file: file('server.pem'),
    key_file: file('server.key'),
    max_version: '1.2',
    cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
    curve_preferences: ['P384', 'P256'],
  }
  const client = { ca_file: file('ca.pem') }
  t.is(await handshake(t, server, client), 'ok')
  t.not(await handshake(t, server, { ...client, min_version: '1.3' }), 'ok')
  const other = { ...client, cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] }
  t.not(await handshake(t, server, other), 'ok')
})

test('insecure means no TLS', t => {
  t.is(loadTlsClientOptions(tlsClientConfig.parse({ insecure: true })), undefined)
})

const { certPem, keyPem } = issueCertificate(authority)
for (const [what, config, message] of [
  ['a missing key', { cert_pem: certPem }, /needs cert_file .* and key_file/],
  ['a file that is not there', { cert_file: '/no/such.pem' }, /cert_file .*ENOENT.*such\.pem/],
  ['text and file together', { cert_pem: 'a', cert_file: 'b' }, /cert_file or cert_pem, not both/],
  ['a key of another certificate', { cert_pem: stranger.certPem, key_pem: keyPem }, /not usable/],
  ['a file that is no PEM', { cert_pem: 'hello', key_pem: keyPem }, /not usable/],
  [
    'an unknown cipher suite',
    { cert_pem: certPem, key_pem: keyPem, cipher_suites: ['ROT13'] },
    /unknown cipher suite "ROT13"/,
  ],
  [
    'versions that leave nothing',
    { cert_pem: certPem, key_pem: keyPem, max_version: '1.1' },
    /max_version 1\.1 is below min_version 1\.2/,
  ],
] as const) {
  test(`${what} is said at the start`, t => {
    t.throws(() => loadTlsServerOptions(tlsServerConfig.parse(config)), { message })
  })
}

test('a client certificate without its key is said at the start', t => {
  const config = tlsClientConfig.parse({ cert_pem: certPem })
  t.throws(() => loadTlsClientOptions(config), { message: /both cert_file and key_file/ })
})

test('a revocation list needs an authority, and has to be one', t => {
  const own = { cert_pem: certPem, key_pem: keyPem, client_crl_file: '/no/such.crl' }
  t.throws(() => loadTlsServerOptions(tlsServerConfig.parse(own)), {
    message: /client_crl_file needs client_ca_file/,
  })
})

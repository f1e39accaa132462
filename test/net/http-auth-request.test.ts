import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { HttpAuthRequest } from '../../src/net/http-auth-request.ts'
import { createAuthority, issueCertificate } from '../helpers/certificates.ts'

type Look<T> = (request: HttpAuthRequest) => T

/** What `look` sees of the next request to a server. */
async function serve<T>(t: ExecutionContext, look: Look<T>, tls?: https.ServerOptions) {
  let seen: T | undefined
  const listener = (request: IncomingMessage, response: http.ServerResponse): void => {
    seen = look(new HttpAuthRequest(request))
    response.end()
  }
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, seen: () => seen }
}

test('every value of a header is seen by itself, also of those Node joins or drops', async t => {
  const { port, seen } = await serve(t, request => ({
    authorization: request.header('authorization'),
    key: request.header('x-api-key'),
    none: request.header('x-none'),
    host: request.client,
    certificate: request.certificate(),
  }))
  const socket = connect(port, '127.0.0.1')
  const headers = [
    'Authorization: Bearer a',
    'authorization: Bearer b',
    'X-Api-Key: 1',
    'x-api-key: 2',
  ]
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers.join('\r\n')}\r\n\r\n`)
  socket.resume()
  await once(socket, 'close')
  t.deepEqual(seen(), {
    authorization: ['Bearer a', 'Bearer b'],
    key: ['1', '2'],
    none: [],
    host: '127.0.0.1',
    certificate: undefined,
  })
})

test('a client certificate is seen when TLS has verified it', async t => {
  const authority = createAuthority()
  const own = issueCertificate(authority)
  const client = issueCertificate(authority, ['checkout'], { organization: 'shop' })
  const options = {
    cert: own.certPem,
    key: own.keyPem,
    ca: authority.certPem,
    requestCert: true,
    rejectUnauthorized: false,
  }
  const look: Look<PeerCertificate | undefined> = request => request.certificate()
  const { port, seen } = await serve(t, look, options)
  const ask = async (certificate: object): Promise<void> => {
    const request = https.get({ port, host: '127.0.0.1', ca: authority.certPem, ...certificate })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
  }
  await ask({ agent: false, cert: client.certPem, key: client.keyPem })
  t.is(seen()?.subject.CN, 'checkout')
  t.is(seen()?.subject.O, 'shop')
  await ask({ agent: false })
  t.is(seen(), undefined)
  const stranger = issueCertificate(createAuthority('other'), ['checkout'])
  await ask({ agent: false, cert: stranger.certPem, key: stranger.keyPem })
  t.is(seen(), undefined)
})

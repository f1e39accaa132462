import net, { type AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { UnaryRequest } from '../../src/net/grpc-call.ts'
import { GrpcConnection, type GrpcConnectionOptions } from '../../src/net/grpc-connection.ts'
import { createAuthority, issueCertificate } from '../helpers/certificates.ts'
import { startGrpcServer } from '../helpers/grpc-server.ts'
import { until } from '../helpers/until.ts'

const authority = createAuthority()
const serverTls = issueCertificate(authority)
const clientTls = issueCertificate(authority, ['client'])

function connection(
  t: ExecutionContext,
  port: number,
  change: Partial<GrpcConnectionOptions> = {},
): GrpcConnection {
  const made = new GrpcConnection({
    address: { host: '127.0.0.1', port },
    authority: `127.0.0.1:${port}`,
    tls: undefined,
    keepalive: { timeMs: 60_000, timeoutMs: 20_000, permitWithoutStream: false },
    connectTimeoutMs: 20_000,
    ...change,
  })
  t.teardown(() => made.destroy())
  return made
}

const request: UnaryRequest = {
  headers: { ':method': 'POST', ':path': '/s/m', 'content-type': 'application/grpc' },
  message: Buffer.from('ping'),
  compressed: false,
  responseBytesMax: 1000,
  timeoutMs: 30_000,
  signal: undefined,
}
const pong = { message: Buffer.from('pong') }

/** A TCP server that sends `bytes` to whoever connects, and then nothing more. */
async function startTcpServer(t: ExecutionContext, bytes: Buffer, end = false): Promise<number> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    if (end) socket.end(bytes)
    else socket.write(bytes)
  })
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const EMPTY_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])

test('many who want a connection share one', async t => {
  const server = await startGrpcServer(t, () => pong)
  const made = connection(t, server.port)
  t.false(made.isReady)
  await Promise.all([made.connect(), made.connect(), made.connect()])
  t.true(made.isReady)
  const replies = await Promise.all(Array.from({ length: 50 }, () => made.call(request)))
  t.true(replies.every(reply => reply.status === 0))
  t.is(server.sessions.size, 1)
})

test('a call without a connection may be sent again', async t => {
  t.like(await connection(t, 1).call(request), { status: 14, unprocessed: true })
})

test('after a failure the next try waits, a second and more', async t => {
  const made = connection(t, await startTcpServer(t, Buffer.alloc(0), true))
  const before = performance.now()
  await t.throwsAsync(made.connect(), { message: /server closed the connection; it may want TLS/ })
  t.true(made.retryAtMs >= before + 800)
  await t.throwsAsync(made.connect())
  t.true(made.retryAtMs >= before + 1280)
  t.false(made.isConnecting)
})

test('a server that never speaks is given up', async t => {
  const made = connection(t, await startTcpServer(t, Buffer.alloc(0)), { connectTimeoutMs: 50 })
  await t.throwsAsync(made.connect(), { message: 'no HTTP/2 connection within 50 ms' })
})

test('a server of another protocol is named so', async t => {
  const made = connection(
    t,
    await startTcpServer(t, Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
  )
  await t.throwsAsync(made.connect(), { message: /does not speak HTTP\/2; it may want TLS/ })
})

test('nobody listening is told with the address', async t => {
  const server = await startGrpcServer(t, () => pong)
  await server.kill()
  const made = connection(t, server.port)
  await t.throwsAsync(made.connect(), { message: `connect ECONNREFUSED 127.0.0.1:${server.port}` })
  t.regex(made.lastError!.message, /ECONNREFUSED/)
})

test('TLS with the right authority works, and the certificate names are checked', async t => {
  const tls = { cert: serverTls.certPem, key: serverTls.keyPem }
  const server = await startGrpcServer(t, () => pong, { tls })
  const good = connection(t, server.port, { tls: { ca: authority.certPem } })
  await good.connect()
  t.is((await good.call(request)).status, 0)

  const unknown = connection(t, server.port, { tls: { ca: createAuthority('other').certPem } })
  await t.throwsAsync(unknown.connect(), { message: /certificate/ })
  const misnamed = connection(t, server.port, {
    tls: { ca: authority.certPem, servername: 'other.example' },
  })
  await t.throwsAsync(misnamed.connect(), { message: /other\.example/ })
  const careless = connection(t, server.port, { tls: { rejectUnauthorized: false } })
  await t.notThrowsAsync(careless.connect())
})

test('mTLS: the server sees the client certificate, and without one there is no connection', async t => {
  const server = await startGrpcServer(t, () => pong, {
    tls: {
      cert: serverTls.certPem,
      key: serverTls.keyPem,
      ca: authority.certPem,
      requestCert: true,
      rejectUnauthorized: true,
    },
  })
  const known = connection(t, server.port, {
    tls: { ca: authority.certPem, cert: clientTls.certPem, key: clientTls.keyPem },
  })
  await known.connect()
  t.is((await known.call(request)).status, 0)
  const anonymous = connection(t, server.port, { tls: { ca: authority.certPem } })
  await t.throwsAsync(anonymous.connect(), { message: /certificate required/ })
})

test('TLS towards a plaintext server says which key to set', async t => {
  const server = await startGrpcServer(t, () => pong)
  const made = connection(t, server.port, { tls: { ca: authority.certPem } })
  await t.throwsAsync(made.connect(), { message: /set tls::insecure to true/ })
})

test('after GOAWAY running calls end well and new ones need a new connection', async t => {
  let finish: (() => void) | undefined
  const server = await startGrpcServer(t, async () => {
    await new Promise<void>(resolve => {
      finish = resolve
    })
    return pong
  })
  const made = connection(t, server.port)
  await made.connect()
  const running = made.call(request)
  await until(() => finish !== undefined)
  for (const session of server.sessions) session.goaway(0)
  await until(() => !made.isReady)
  await made.connect()
  finish!()
  t.is((await running).status, 0)
  t.true(made.isReady)
})

test('a connection that is lost is noticed', async t => {
  const server = await startGrpcServer(t, () => pong)
  const made = connection(t, server.port)
  await made.connect()
  for (const session of server.sessions) session.destroy()
  await until(() => !made.isReady)
  t.regex(made.lastError!.message, /connection closed|GOAWAY/)
})

test('a server that stops answering pings loses its calls', async t => {
  const made = connection(t, await startTcpServer(t, EMPTY_SETTINGS), {
    keepalive: { timeMs: 20, timeoutMs: 20, permitWithoutStream: false },
  })
  await made.connect()
  const reply = await made.call(request)
  t.is(reply.status, 14)
  await until(() => !made.isReady)
})

test('close waits for the calls under way', async t => {
  let finish: (() => void) | undefined
  const server = await startGrpcServer(t, async () => {
    await new Promise<void>(resolve => {
      finish = resolve
    })
    return pong
  })
  const made = connection(t, server.port)
  await made.connect()
  const running = made.call(request)
  await until(() => finish !== undefined)
  const closed = made.close()
  finish!()
  t.is((await running).status, 0)
  await closed
  t.false(made.isReady)
})

test('close without a connection is nothing', async t => {
  await t.notThrowsAsync(connection(t, 1).close())
})

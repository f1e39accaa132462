import { createServer, type Server } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { formatHostPort, type HostPort, listen, parseHostPort } from '../../src/net/listen.ts'

const parses = test.macro((t, text: string, expected: HostPort | undefined) => {
  t.deepEqual(parseHostPort(text), expected)
})
test('a name and a port', parses, 'localhost:4318', { host: 'localhost', port: 4318 })
test('an IPv4 address', parses, '0.0.0.0:0', { host: '0.0.0.0', port: 0 })
test('an IPv6 address in brackets', parses, '[::1]:80', { host: '::1', port: 80 })
test('only a port means every address', parses, ':4317', { host: '::', port: 4317 })
test('a port above 65535 is none', parses, 'localhost:65536', undefined)
test('no port is an error', parses, 'localhost', undefined)
test('a URL is an error', parses, 'http://localhost:80', undefined)
test('an IPv6 address without brackets is an error', parses, '::1:80', undefined)

test('an IPv6 address is written in brackets', t => {
  t.is(formatHostPort({ host: '::1', port: 80 }), '[::1]:80')
  t.is(formatHostPort({ host: 'a', port: 80 }), 'a:80')
})

function server(t: ExecutionContext): Server {
  const server = createServer()
  t.teardown(() => server.close())
  return server
}

test('port 0 becomes the port bound, and localhost can be reached by IPv4', async t => {
  const listening = server(t)
  const bound = await listen(listening, 'localhost:0', 'x::endpoint')
  t.is(bound.host, 'localhost')
  t.true(bound.port > 0)
  t.like(listening.address(), { address: '127.0.0.1' })
})

test('a port in use names the endpoint and the key to change', async t => {
  const { port } = await listen(server(t), '127.0.0.1:0', 'x')
  const endpoint = `127.0.0.1:${port}`
  await t.throwsAsync(listen(server(t), endpoint, 'receivers::otlp::endpoint'), {
    message: `${endpoint} is already in use: stop what listens there, or set receivers::otlp::endpoint to a free port`,
  })
})

test('an address of another machine says so', async t => {
  await t.throwsAsync(listen(server(t), '192.0.2.1:4318', 'x::endpoint'), {
    message: /no address "192\.0\.2\.1:4318": set x::endpoint/,
  })
})

test('what is no endpoint says how to write one', async t => {
  await t.throwsAsync(listen(server(t), '4318', 'x::endpoint'), {
    message: 'x::endpoint is "4318": write it as host:port, such as localhost:4318',
  })
})

import test from 'ava'
import { z } from 'zod'
import { grpcClientFields, httpClientFields } from '../../src/net/client-config.ts'

const grpc = z.strictObject(grpcClientFields)
const http = z.strictObject(httpClientFields)

test('a gRPC client has the defaults of the Collector', t => {
  const config = grpc.parse({ endpoint: 'collector:4317' })
  t.like(config, {
    compression: 'gzip',
    keepalive: { time: 10_000, timeout: 10_000, permit_without_stream: false },
    headers: {},
    balancer_name: 'round_robin',
    wait_for_ready: false,
    max_request_size: 64 * 1024 * 1024,
  })
  t.false(config.tls.insecure)
})

test('an HTTP client has the defaults of the Collector', t => {
  t.like(http.parse({}), {
    compression: 'gzip',
    idle_conn_timeout: 90_000,
    max_idle_conns: 100,
    disable_keep_alives: false,
  })
})

test('an empty compression is none, as in the Collector', t => {
  t.is(http.parse({ compression: '' }).compression, 'none')
})

const refused = test.macro({
  exec(t, config: Record<string, unknown>, message: RegExp) {
    const result = grpc.safeParse({ endpoint: 'localhost:4317', ...config })
    t.false(result.success)
    t.regex(JSON.stringify(result.error?.issues), message)
  },
  title: (_, config: Record<string, unknown>) => `${JSON.stringify(config)} is refused`,
})

test(refused, { endpoint: 'localhost' }, /must be host:port/)
test(refused, { compression: 'snappy' }, /compression/)
test(refused, { auth: {} }, /authenticator/)
test(refused, { auth: { authenticator: 'a', more: 1 } }, /more/)
test(refused, { headers: { 'bad name': 'x' } }, /not a header name/)
test(refused, { headers: { ':path': 'x' } }, /not a header name/)
test(refused, { headers: { 'grpc-timeout': '1m' } }, /set by the protocol/)
test(refused, { headers: { Host: 'x' } }, /set by the protocol/)
test(refused, { headers: { a: 'x\r\nevil: y' } }, /must be one line/)
test(refused, { balancer_name: 'random' }, /balancer_name/)
test(refused, { keepalive: { time: 'soon' } }, /is not a duration/)

test('the keys can be written as JSON Schema', t => {
  const options = { io: 'input', unrepresentable: 'throw' } as const
  t.notThrows(() => z.toJSONSchema(grpc, options))
  t.notThrows(() => z.toJSONSchema(http, options))
})

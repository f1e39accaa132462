import test from 'ava'
import { z } from 'zod'
import { grpcServerFields, withConnectionAge } from '../../src/net/grpc-server-config.ts'

const schema = z.strictObject(grpcServerFields('localhost:4317'))

test('the defaults are bounded', t => {
  const config = schema.parse({})
  t.like(config, {
    endpoint: 'localhost:4317',
    max_recv_msg_size_mib: 64,
    max_concurrent_streams: 100,
  })
  t.is(config.keepalive.server_parameters.time, 7_200_000)
})

test('the keys of the Collector are known', t => {
  const input = {
    transport: 'tcp',
    read_buffer_size: 524288,
    write_buffer_size: 32768,
    keepalive: {
      server_parameters: { max_connection_idle: '11s', max_connection_age: '12s' },
      enforcement_policy: { min_time: '10s', permit_without_stream: true },
    },
  }
  t.true(schema.safeParse(input).success)
})

const refused = test.macro((t, input: object, message: RegExp) => {
  t.regex(schema.safeParse(input).error?.message ?? 'accepted', message)
})
test('auth without an authenticator', refused, { auth: {} }, /authenticator/)
test('no limit on a message', refused, { max_recv_msg_size_mib: 0 }, /max_recv_msg_size_mib/)

test('connections to one of several workers get old, unless the config says otherwise', t => {
  const ageOf = (given: object): number | undefined =>
    withConnectionAge(schema.parse({ keepalive: { server_parameters: given } })).keepalive
      .server_parameters.max_connection_age
  t.is(ageOf({}), 300_000)
  t.is(ageOf({ max_connection_age: '1h' }), 3_600_000)
  t.is(ageOf({ max_connection_age: 0 }), 0)
})

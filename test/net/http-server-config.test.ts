import test from 'ava'
import { z } from 'zod'
import { httpServerFields } from '../../src/net/http-server-config.ts'

const schema = z.strictObject(httpServerFields('localhost:4318'))

test('the defaults are bounded', t => {
  t.like(schema.parse({}), {
    endpoint: 'localhost:4318',
    max_request_body_size: 64 * 1024 ** 2,
    max_in_flight_size: 256 * 1024 ** 2,
    read_timeout: 60_000,
    read_header_timeout: 60_000,
    idle_timeout: 60_000,
    include_metadata: false,
  })
})

const refused = test.macro((t, input: object, message: RegExp) => {
  t.regex(schema.safeParse(input).error?.message ?? 'accepted', message)
})
test('auth without an authenticator', refused, { auth: {} }, /authenticator/)
test('an unknown key', refused, { endpont: 'x' }, /endpont/)
test('an unknown compression', refused, { compression_algorithms: ['rar'] }, /compression_alg/)
test('a broken duration', refused, { read_timeout: 'soon' }, /not a duration/)
